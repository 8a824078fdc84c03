import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness import cli
from harness.store import RecordStore
from tests.support import records as make
from tests.support.scores import drawn_scores, scored_record


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    monkeypatch.setenv("BENCH_RESULTS", str(tmp_path / "results"))
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["bench", "figures", *arguments])
        with pytest.raises(SystemExit, match=r"^\d+$") as ended:
            cli.main()
        captured = capsys.readouterr()
        return Answer(int(str(ended.value)), captured.out, captured.err)

    return run


@pytest.fixture
def results(tmp_path: Path) -> Path:
    folder = tmp_path / "results"
    store = RecordStore(str(folder))
    for number, (method, seconds) in enumerate((("mfrnet", 0.05), ("gaussian", None))):
        identity = make.identity(dataset="castings", category="front", method=method)
        store.write(scored_record(identity, drawn_scores(number), latency_p50_seconds=seconds))
    store.write(make.failure_record(identity=make.identity(dataset="castings", category="front", method="padim")))
    return folder


def test_paths_go_to_one_stream_and_notes_to_the_other(bench: Callable[..., Answer], results: Path) -> None:
    answer = bench()
    assert answer.code == 0, answer.err
    paths = [Path(line) for line in answer.out.splitlines()]
    names = ("accuracy_latency", "categories_castings", "roc_castings", "pro_castings")
    assert paths == [results / "figures" / f"{name}.{suffix}" for name in names for suffix in ("pdf", "png")]
    assert all(path.stat().st_size > 1000 for path in paths)
    assert "accuracy_latency: not drawn: gaussian on castings: records without latency." in answer.err
    assert "roc_castings: not drawn: padim on castings: failed in front." in answer.err
    assert "critical_difference: left out: 1 category, fewer than " in answer.err


def test_figures_go_where_they_are_asked_to(bench: Callable[..., Answer], results: Path, tmp_path: Path) -> None:
    answer = bench("--out", "paper", "--methods", "gaussian", "--wide")
    assert answer.code == 0, answer.err
    assert {Path(line).parent for line in answer.out.splitlines()} == {Path("paper")}
    assert "accuracy_latency: left out: gaussian on castings: records without latency." in answer.err


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--methods", "mfrnt"), "Unknown method 'mfrnt'. Did you mean 'mfrnet'?"),
        (("--seeds", "x"), "--seeds 'x': right would be whole numbers"),
        (("--protocol", "none"), "Unknown protocol 'none'."),
        (("--split", "none"), "Unknown split 'none'."),
        (("--methods", "padim"), "None of 1 cells is finished; right would be at least one."),
    ],
)
def test_a_mistake_is_one_line(
    bench: Callable[..., Answer], results: Path, arguments: tuple[str, ...], text: str
) -> None:
    answer = bench(*arguments)
    assert answer.code == 2
    assert answer.err.startswith(f"bench: {text}")
    assert answer.err.count("\n") == 1
    assert answer.out == ""


def test_a_folder_without_records_is_named(bench: Callable[..., Answer], tmp_path: Path) -> None:
    answer = bench("--results", str(tmp_path / "elsewhere"))
    assert answer.code == 2
    assert answer.err.startswith(f"bench: {tmp_path / 'elsewhere'} holds no records.")
