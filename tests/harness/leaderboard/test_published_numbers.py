from pathlib import Path

import pytest

from harness.errors import DataError
from harness.leaderboard.published_numbers import load_published

GOOD = """
[[result]]
method = "PatchCore"
dataset = "mtd"
percent = { image_auroc = 97.5, aupro_30 = 68.6 }
source = "IM-IAD re-runs"
protocol = "one model for all classes"
read = "2026-08/2026-11"
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "published.toml"
    path.write_text(text)
    return path


def test_percent_becomes_fractions_and_what_is_not_given_is_absent(tmp_path: Path) -> None:
    (result,) = load_published(written(tmp_path, GOOD))
    assert result.metrics == {"image_auroc": 0.975, "aupro_30": 0.686}
    assert (result.method, result.dataset, result.read) == ("PatchCore", "mtd", "2026-08/2026-11")


def test_a_citation_is_source_and_protocol(tmp_path: Path) -> None:
    (result,) = load_published(written(tmp_path, GOOD))
    assert result.cited() == "IM-IAD re-runs (one model for all classes)"
    plain = GOOD.replace('protocol = "one model for all classes"\n', "")
    assert load_published(written(tmp_path, plain))[0].cited() == "IM-IAD re-runs"


def test_the_shipped_file_is_good() -> None:
    results = {(result.method, result.dataset): result.metrics for result in load_published()}
    assert results["PatchCore, WideResNet50", "mtd"] == {"image_auroc": 0.975, "pixel_auroc": 0.836, "aupro_30": 0.686}
    assert results["SimpleNet", "mvtec_ad"] == {"image_auroc": 0.996}
    assert len(results) == 28


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('dataset = "mtd"\n', "", r"\[\[result\]\] number 1, dataset: missing\."),
        ("aupro_30", "aupro", r"\[\[result\]\] number 1, percent\.aupro: unknown key, got 68\.6\."),
        (
            "97.5",
            "975",
            r"\[\[result\]\] number 1, percent\.image_auroc: expected at most 100, got 975",
        ),
        ("97.5", '"97.5"', r"number 1, percent\.image_auroc: expected a number, got '97\.5'"),
        (
            "image_auroc = 97.5, aupro_30 = 68.6",
            "",
            r"number 1, percent: expected at least one number, e\.g\. image_auroc = 99\.2",
        ),
        ('source = "IM-IAD re-runs"', 'source = ""', r"number 1, source: expected a string that is not empty, got ''"),
        ("2026-08/2026-11", "last year", r"number 1, read: expected a string that matches .*, got 'last year'"),
        ("[[result]]", "[[results]]", r"top level, result: missing\."),
        ("[[result]]", "[[result", r"not valid TOML: "),
        (GOOD, "result = []", r"top level, result: expected at least 1 entry, got \[\]"),
    ],
)
def test_a_mistake_is_one_line_with_file_table_and_key(tmp_path: Path, old: str, new: str, problem: str) -> None:
    with pytest.raises(DataError, match=rf"published\.toml.*{problem}") as caught:
        load_published(written(tmp_path, GOOD.replace(old, new)))
    assert "\n" not in str(caught.value)


def test_a_result_cited_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"\[\[result\]\] number 2, method: 'PatchCore' on 'mtd' is already number 1"):
        load_published(written(tmp_path, GOOD + GOOD))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.toml: this file does not exist"):
        load_published(tmp_path / "none.toml")
