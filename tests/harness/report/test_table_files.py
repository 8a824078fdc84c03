from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import StoreError
from harness.report.latex import latex_document, latex_table
from harness.report.plain import csv_table, markdown_table
from harness.report.table_files import write_tables
from tests.support.tables import TABLE


def test_each_table_is_three_files(tmp_path: Path) -> None:
    paths = write_tables([TABLE, replace(TABLE, name="categories_demo")], tmp_path / "new" / "tables")
    names = [path.name for path in paths]
    assert names == [f"{table}.{suffix}" for table in ("main", "categories_demo") for suffix in ("tex", "md", "csv")]
    assert [path.read_text(encoding="utf-8") for path in paths[:3]] == [
        latex_table(TABLE),
        markdown_table(TABLE),
        csv_table(TABLE),
    ]


def test_standalone_files_are_documents(tmp_path: Path) -> None:
    path = write_tables([TABLE], tmp_path, standalone=True)[0]
    assert path.read_text(encoding="utf-8") == latex_document((TABLE,))


def test_spread_and_environment_reach_the_files(tmp_path: Path) -> None:
    latex, markdown, _ = write_tables([TABLE], tmp_path, environment="table*", spread="interval")
    assert latex.read_text(encoding="utf-8") == latex_table(TABLE, environment="table*", spread="interval")
    assert markdown.read_text(encoding="utf-8") == markdown_table(TABLE, spread="interval")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(StoreError, match=r"Cannot write .*taken/main\.tex: File exists"):
        write_tables([TABLE], tmp_path / "taken")
