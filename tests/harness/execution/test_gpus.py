from typing import Any

import pytest

from harness.config import RunSettings
from harness.errors import SettingsError
from harness.execution import execute, gpus
from harness.execution.gpus import shares
from harness.execution.sizing import check_workers, size_workers


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


@pytest.mark.parametrize(("workers", "each", "fit"), [(5, 1, 4), (3, 2, 2), (9, 0.5, 8), (9, 0.4, 8), (3, 1.5, 2)])
def test_more_than_fit_are_refused(workers: int, each: float, fit: int) -> None:
    with pytest.raises(SettingsError, match=rf"{workers} workers with {each} GPUs each came; .* enough for {fit}\."):
        shares(workers, each)


@pytest.mark.parametrize("number", range(1, 9))
@pytest.mark.parametrize("each", [None, 0.1, 0.3, 0.4, 1])
def test_the_size_of_a_fleet_that_was_not_asked_for_always_fits(
    monkeypatch: pytest.MonkeyPatch, number: int, each: float | None
) -> None:
    monkeypatch.setattr(gpus, "num_gpus", lambda: number)
    monkeypatch.setattr(execute, "num_gpus", lambda: number)
    counts = range(1, 33) if each is None else [None]
    for workers in counts:
        size = size_workers(RunSettings(workers=workers, gpus_per_worker=each), 100)
        assert len(shares(size.workers, size.gpus_per_worker)) == size.workers


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"device": "cuda", "gpus_per_worker": 0}, "--device cuda, for workers without a GPU"),
        ({"device": "cuda:1"}, r"--device cuda:1: .* right would be --device cuda with CUDA_VISIBLE_DEVICES=1"),
        ({"workers": 0, "address": "head:6379"}, "right would be 1 or more, or no --address"),
    ],
)
def test_workers_that_could_not_run_a_cell_are_refused(
    monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any], message: str
) -> None:
    monkeypatch.setattr(execute, "num_gpus", lambda: 4)
    settings = RunSettings(**{"workers": 2, **asked})
    with pytest.raises(SettingsError, match=message):
        check_workers(size_workers(settings, 10), settings)
