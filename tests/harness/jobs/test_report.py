import os
import re
from pathlib import Path

import pytest

import harness
from harness.errors import SettingsError, StoreError, UnknownNameError
from tests.support import report_pages


@pytest.fixture
def results(tmp_path: Path) -> Path:
    report_pages.small_store(tmp_path / "results")
    return tmp_path / "results"


def splits_in(page: Path) -> list[str]:
    return re.findall(r'<h2 id="split[^>]*>([^<]*)</h2>', page.read_text(encoding="utf-8"))


def test_all_splits_are_shown_unless_one_is_named(results: Path) -> None:
    assert splits_in(harness.report(str(results))) == ["published", "grouped-1.1"]
    assert splits_in(harness.report(str(results), split="grouped")) == ["grouped-1.1"]


def test_the_page_lies_in_the_results_or_where_it_is_asked_to(results: Path, tmp_path: Path) -> None:
    assert harness.report(str(results)) == results / "report.html"
    elsewhere = tmp_path / "new" / "page.html"
    assert harness.report(str(results), out=elsewhere) == elsewhere
    assert "../results/panels/castings/front/mfrnet-seed0-" in elsewhere.read_text(encoding="utf-8")


def test_numbers_are_those_of_the_tables(results: Path) -> None:
    page = harness.report(str(results), split="published").read_text(encoding="utf-8")
    harness.tables(str(results), split="published", spread="interval")
    rows = (results / "tables" / "main.md").read_text(encoding="utf-8").splitlines()
    (line,) = (row for row in rows if row.startswith("| mfrnet |"))
    for mean, low, high in re.findall(r"([\d.]+)[*</u>]* \[([\d.]+), ([\d.]+)\]", line):
        assert f'<span class="mean">{mean}</span>' in page
        assert f'<span class="interval">[{low}, {high}]</span>' in page
    frame = harness.leaderboard(str(results), split="published", datasets=["plates"], methods=["mfrnet"])
    assert f'<span class="mean">{100 * frame["image_auroc"].mean():.1f}</span>' in page


def test_a_page_that_cannot_be_written_leaves_the_older_one(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = results / "report.html"
    page.write_text("older")

    def refuse(*paths: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(StoreError, match=rf"^Cannot write {re.escape(str(page))}: No space left on device\.$"):
        harness.report(str(results))
    assert page.read_text() == "older"
    assert [path.name for path in results.iterdir() if path.is_file()] == ["report.html"]


def test_mistakes_are_one_line(results: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^--out: expected the name of a file, e\.g\. .*report\.html, got the"):
        harness.report(str(results), out=tmp_path)
    with pytest.raises(StoreError, match="holds no records"):
        harness.report(str(tmp_path / "empty"))
    with pytest.raises(UnknownNameError, match="Unknown method 'mfrnt'"):
        harness.report(str(results), methods=["mfrnt"])
    with pytest.raises(UnknownNameError, match="Unknown filter of records 'method'"):
        harness.report(str(results), method="mfrnet")


def test_the_page_names_the_command_that_writes_it_again(results: Path) -> None:
    page = harness.report(str(results), methods=["mfrnet"], seeds=[0, 1], all_variants=True, protocols=None)
    assert f"bench report --methods mfrnet --seeds 0,1 --all-variants --results {results}\n" in page.read_text()
