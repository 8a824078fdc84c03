import os
import re
import shutil
import subprocess
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from harness.leaderboard import Board, Intervals, all_tables
from harness.leaderboard.published_numbers import PublishedResult
from harness.leaderboard.tables import Table
from harness.report.latex import Environment, latex_document, latex_table
from harness.report.wording import Spread
from tests.support import records as make

CATEGORIES = [f"part_{number:02}" for number in range(15)]
METHODS = ["mfrnet", "patch_core", "a & b"]


def value(category: int, method: int, seed: int) -> float:
    # patch_core and "a & b" tie, 100.0 and 9.x stand in one column.
    return min(1.0, 0.09 + 0.9 * (min(method, 1) + category % 7 / 7) + 0.001 * seed * category)


def records() -> list[make.Record]:
    found: list[make.Record] = []
    for (c, category), (m, method), seed in product(enumerate(CATEGORIES), enumerate(METHODS), (0, 1)):
        identity = make.identity(dataset="mvtec_ad", category=category, method=method, seed=seed, settings={"k": 2})
        found.append(make.cell_record(identity=identity, image_auroc=value(c, m, seed), pixel_auroc=value(c, m, 0)))
    for k, seed in product((2, 3, 10), (0, 1)):
        identity = make.identity(dataset="mtd", category="mtd", settings={"k": k, "layers": ["a", "b"]}, seed=seed)
        found.append(make.cell_record(identity=identity, image_auroc=value(k, 0, seed)))
    one_seed = make.identity(dataset="mtd", category="mtd", method="patch_core", settings={"k": 2})
    failed = make.identity(dataset="mtd", category="mtd", method="a & b", settings={"k": 2})
    return [*found, make.cell_record(identity=one_seed), make.failure_record(identity=failed)]


PUBLISHED = [
    PublishedResult.model_validate(
        {
            "method": "EfficientAD_M {100%}",
            "dataset": dataset,
            "percent": {"image_auroc": image_auroc},
            "source": "its paper, arXiv 2303.14535",
            "read": "2026-08",
        }
    )
    for dataset, image_auroc in (("mvtec_ad", 99.1), ("mtd", 100.0))
]


def tables() -> dict[str, Table]:
    frame = make.frame(*records())
    keys = product(["mvtec_ad", "mtd"], ["mean", *CATEGORIES], ["mfrnet [k=2, layers unset]", "patch_core"])
    intervals = Intervals(ends={(*key, "image_auroc"): (0.05, 0.999) for key in keys})
    return {table.name: table for table in all_tables(Board.of(frame, intervals=intervals), PUBLISHED)}


TABLES = tables()
ONE_DATA_SET = replace(TABLES["main"].by_groups()[1], name="one-data-set")
PREAMBLE = r"""\documentclass%s{article}
\usepackage{booktabs}
\usepackage{graphicx}
\usepackage{longtable}
\begin{document}
"""


def compiled(tmp_path: Path, text: str, *, runs: int = 2) -> str:
    """The log of the last run; long tables and references need two."""
    pdflatex = shutil.which("pdflatex")
    if pdflatex is None:
        if os.environ.get("BENCH_REQUIRE_LATEX"):
            pytest.fail("BENCH_REQUIRE_LATEX is set and pdflatex is not installed")
        pytest.skip("pdflatex is not installed")
    (tmp_path / "paper.tex").write_text(text, encoding="utf-8")
    for _ in range(runs):
        ended = subprocess.run(
            [pdflatex, "-interaction=nonstopmode", "-halt-on-error", "paper.tex"],
            cwd=tmp_path,
            capture_output=True,
            check=False,
        )
        log = (tmp_path / "paper.log").read_text(encoding="utf-8", errors="replace")
        assert ended.returncode == 0, log[-3000:]
    return log


def check(log: str) -> None:
    wide = [float(points) for points in re.findall(r"Overfull \\hbox \(([\d.]+)pt too wide\)", log)]
    assert all(points <= 1 for points in wide), log
    assert "Float too large" not in log
    assert "undefined" not in log
    assert "multiply defined" not in log


def paper(options: str, *texts: str) -> str:
    labels = re.findall(r"\\label\{([^}]+)\}", "\n".join(texts))
    references = ", ".join(rf"\ref{{{label}}}" for label in labels)
    return "\n".join([PREAMBLE % options, f"Tables {references}.", *texts, r"\end{document}", ""])


def test_every_table_fits_a_paper_of_one_column(tmp_path: Path) -> None:
    shown: list[tuple[Table, Spread, Environment | None]] = [
        *((table, "std", None) for table in TABLES.values()),
        (ONE_DATA_SET, "std", None),
        (replace(TABLES["main"], name="intervals"), "interval", None),
        (replace(TABLES["main"], name="alone"), "none", None),
        (replace(TABLES["main"], name="long-main"), "interval", "longtable"),
        (replace(TABLES["cost"], name="long-cost"), "std", "longtable"),
    ]
    texts = [latex_table(table, spread=spread, environment=environment) for table, spread, environment in shown]
    assert r"\begin{longtable}" in texts[list(TABLES).index("categories_mvtec_ad")]
    check(compiled(tmp_path, paper("", *texts)))


def test_every_table_fits_a_paper_of_two_columns(tmp_path: Path) -> None:
    texts = [latex_table(table, environment="table*") for table in TABLES.values()]
    check(compiled(tmp_path, paper("[twocolumn]", *texts)))


def test_a_standalone_document_compiles_as_it_is(tmp_path: Path) -> None:
    check(compiled(tmp_path, latex_document(tuple(TABLES.values()), spread="interval")))


def test_where_latex_is_required_its_absence_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setenv("BENCH_REQUIRE_LATEX", "1")
    with pytest.raises(pytest.fail.Exception, match="BENCH_REQUIRE_LATEX is set and pdflatex is not installed"):
        compiled(tmp_path, "")
    monkeypatch.delenv("BENCH_REQUIRE_LATEX")
    with pytest.raises(pytest.skip.Exception, match="pdflatex is not installed"):
        compiled(tmp_path, "")
