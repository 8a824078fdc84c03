import pytest

from harness.errors import SettingsError
from harness.execution import gpus
from harness.execution.gpus import shares


@pytest.fixture(autouse=True)
def four_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(gpus, "num_gpus", lambda: 4)


@pytest.mark.parametrize(
    ("workers", "each", "expected"),
    [
        (3, 0, ["", "", ""]),
        (4, 1, ["0", "1", "2", "3"]),
        (2, 2, ["0,1", "2,3"]),
        (5, 0.5, ["0", "1", "2", "3", "0"]),
        (3, 0.33, ["0", "1", "2"]),
        (20, 0.2, ["0", "1", "2", "3"] * 5),
    ],
)
def test_each_worker_has_its_share(workers: int, each: float, expected: list[str]) -> None:
    assert shares(workers, each) == expected


def test_only_what_this_process_may_use_is_given_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,GPU-5e5f")
    assert shares(2, 1) == ["3", "GPU-5e5f"]


@pytest.mark.parametrize(("workers", "each", "asked"), [(5, 1, "5"), (3, 2, "6"), (9, 0.5, "4.5"), (9, 0.4, "3.6")])
def test_more_than_there_is_is_refused(workers: int, each: float, asked: str) -> None:
    with pytest.raises(SettingsError, match=rf"{workers} workers with {each} GPUs each need {asked}; .* has 4\."):
        shares(workers, each)
