import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.records import ImageScore
from harness.store import RecordStore
from tests.support import records as make
from tests.support.commands import Command

SCORES = tuple(
    ImageScore(image_id=str(number), is_defect=number % 2 == 1, defect_kind="", anomaly_score=float(number % 5))
    for number in range(12)
)


def stored(results: Path) -> None:
    store = RecordStore(str(results))
    settings = [("mfrnet", {"k": 2}), ("mfrnet", {"k": 3}), ("gaussian", {})]
    for method, chosen in settings:
        identity = make.identity(dataset="mtd", category="mtd", method=method, settings=chosen)
        store.write(make.cell_record(identity=identity, image_auroc=0.5, image_scores=SCORES))


@pytest.fixture
def results(tmp_path: Path) -> Path:
    stored(tmp_path / "results")
    return tmp_path / "results"


@dataclass(frozen=True)
class Written:
    code: int
    err: str
    paths: dict[str, Path]


Asked = Callable[[str], Written]


@pytest.fixture
def answer(bench_command: Command, results: Path) -> Asked:
    def asked(typed: str) -> Written:
        found = bench_command(typed, "--results", str(results))
        return Written(found.code, found.err, {path.name: path for path in map(Path, found.out.splitlines())})

    return asked


def test_every_kind_of_table_is_written(answer: Asked) -> None:
    found = answer("tables --all-variants")
    names = ["main", "categories_mtd", "cost", "ablation_mfrnet"]
    assert (found.code, list(found.paths)) == (0, [f"{name}.{end}" for name in names for end in ("tex", "md", "csv")])
    assert "reference" in found.paths["ablation_mfrnet.md"].read_text()


def test_reported_numbers_stand_below_the_measured_ones(answer: Asked) -> None:
    lines = answer("tables --reported").paths["main.csv"].read_text().splitlines()
    assert lines[0].endswith(",source")
    assert "RD4AD," in lines[-2]
    assert "RD4AD" not in answer("tables").paths["main.csv"].read_text()


def test_a_spread_of_intervals_comes_from_the_stored_scores(answer: Asked) -> None:
    paths = answer("tables --all-variants --spread interval").paths
    assert "[95 % bootstrap interval over test images, if it is known]" in paths["main.md"].read_text()
    header, *rows = csv.reader(paths["main.csv"].read_text().splitlines())
    low = header.index("mtd image AUROC low")
    assert len(rows) == 3
    assert all(float(row[low]) < float(row[low + 1]) for row in rows)


def test_a_mean_over_a_part_of_the_categories_says_so(answer: Asked, results: Path) -> None:
    store = RecordStore(str(results))
    for method in ("mfrnet", "gaussian"):
        identity = make.identity(dataset="demo", category="board", method=method)
        store.write(make.cell_record(identity=identity, image_auroc=0.5, image_scores=SCORES))
    note = "demo: 1 of its 5 categories (board)"
    assert note in answer("tables --datasets demo --categories board").paths["main.md"].read_text()
    assert note not in answer("tables --datasets mtd").paths["main.md"].read_text()


def test_latex_spans_two_columns_or_breaks_across_pages_when_asked_to(answer: Asked) -> None:
    assert r"\begin{table*}" in answer("tables --wide").paths["main.tex"].read_text()
    assert r"\begin{longtable}" in answer("tables --longtable").paths["main.tex"].read_text()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("tables --spread sd", "bench: Unknown spread 'sd'. Did you mean 'std'? Known: interval, none, std.\n"),
        (
            "tables --wide --longtable",
            "bench: Expected one of --wide and --longtable, got both: LaTeX has no long tables over two columns.\n",
        ),
        ("tables --split few", "bench: Unknown split 'few'. Known: published.\n"),
        ("leaderboard --split few", "bench: Unknown split 'few'. Known: published.\n"),
        (
            "tables --reported --metrics image_f1_max",
            "bench: --reported: no published number fits the main table (mtd; image F1-max). "
            "There are some for btad, mpdd, mtd, mvtec_ad, visa.\n",
        ),
    ],
)
def test_a_mistake_is_one_line(answer: Asked, command: str, message: str) -> None:
    found = answer(command)
    assert (found.code, found.err) == (2, message)
