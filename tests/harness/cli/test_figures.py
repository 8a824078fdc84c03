from collections.abc import Callable
from pathlib import Path

import pytest

from harness.store import RecordStore
from tests.support import records as make
from tests.support.commands import Answer, Command, refused
from tests.support.scores import drawn_scores, scored_record


@pytest.fixture
def bench(bench_command: Command) -> Callable[..., Answer]:
    return lambda *arguments: bench_command("figures", *arguments)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    folder = tmp_path / "results"
    store = RecordStore(str(folder))
    for number, (method, seconds) in enumerate((("mfrnet", 0.05), ("gaussian", None))):
        identity = make.identity(dataset="castings", category="front", method=method)
        store.write(scored_record(identity, drawn_scores(number)))
        if seconds is not None:
            store.write_costs(make.cost_record(identity.cell_id, latency_p50_seconds=seconds))
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
        (("--seeds", "x"), "--seeds: expected whole numbers of at least 0, e.g. 0,1,2, got 'x'."),
        (("--protocol", "none"), "Unknown protocol 'none'."),
        (("--split", "none"), "Unknown split 'none'."),
        (("--methods", "padim"), "There is nothing to draw: no cell is finished (1 cell failed)."),
    ],
)
def test_a_mistake_is_one_line(
    bench: Callable[..., Answer], results: Path, arguments: tuple[str, ...], text: str
) -> None:
    answer = bench(*arguments)
    refused(answer, f"bench: {text}")
    assert answer.out == ""


def test_a_folder_without_records_is_named(bench: Callable[..., Answer], tmp_path: Path) -> None:
    refused(bench("--results", str(tmp_path / "elsewhere")), f"bench: {tmp_path / 'elsewhere'} holds no records.")
