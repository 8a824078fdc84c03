from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import report_pages
from tests.support.commands import Answer, Command, refused
from tests.support.predictions import write_predictions


@pytest.fixture
def bench(bench_command: Command) -> Callable[..., Answer]:
    return lambda *arguments: bench_command("report", *arguments)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    report_pages.small_store(tmp_path / "results")
    return tmp_path / "results"


def test_one_line_says_where_the_page_is_and_how_large(bench: Callable[..., Answer], results: Path) -> None:
    answer = bench()
    assert answer.code == 0, answer.err
    page = results / "report.html"
    assert answer.out == f"{page} ({page.stat().st_size / 1e6:.1f} MB)\n"
    assert answer.err == ""


def test_the_flags_of_reading_commands_choose_the_records(bench: Callable[..., Answer], results: Path) -> None:
    answer = bench("--datasets", "plates", "--split", "grouped", "--methods", "gaussian", "--out", "one.html")
    assert answer.out.startswith("one.html (")
    page = Path("one.html").read_text(encoding="utf-8")
    assert "plates" in page
    assert "castings" not in page
    assert "mfrnet-bench" in page
    assert '<th scope="row" data-key="mfrnet">' not in page


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--methods", "mfrnt"), "Unknown method 'mfrnt'. Did you mean 'mfrnet'?"),
        (("--seeds", "x"), "--seeds: expected whole numbers of at least 0, e.g. 0,1,2, got 'x'."),
        (("--split", "none"), "Unknown split 'none'."),
        (("--out", "results"), "--out: expected the name of a file, e.g. results/report.html, got the folder results."),
        (("--out", "results/report.html/page.html"), "Cannot write results/report.html/page.html: "),
        (("--results", "elsewhere"), f"{Path('elsewhere')}"),
    ],
)
def test_a_mistake_is_one_line(
    bench: Callable[..., Answer], results: Path, arguments: tuple[str, ...], text: str
) -> None:
    (results / "report.html").write_text("older")
    answer = bench(*arguments)
    refused(answer, text)
    assert answer.out == ""
    assert (results / "report.html").read_text() == "older"


def test_a_folder_of_predictions_is_a_page_of_its_own(
    bench: Callable[..., Answer], bundle: Path, tmp_path: Path
) -> None:
    write_predictions(tmp_path / "found", bundle)
    answer = bench("found")
    size = (tmp_path / "found/report.html").stat().st_size / 1e6
    assert (answer.code, answer.out, answer.err) == (0, f"found/report.html ({size:.1f} MB)\n", "")
    assert bench("found", "--out", "one.html").out.startswith("one.html (")
    refused(
        bench("found", "--datasets", "mtd"),
        "--datasets chooses stored results: expected FOLDER or --datasets, got both.",
    )
    refused(bench("nowhere"), "nowhere: no detector.json here; expected a folder that 'bench predict --out' wrote.")
    (tmp_path / "found/predictions.csv").write_text("a,b\n1,2\n")
    refused(bench("found"), "found/predictions.csv, line 1: expected the columns image,score,verdict")
