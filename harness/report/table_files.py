"""Tables as files beside each other: LaTeX, Markdown, CSV."""

from collections.abc import Iterable
from pathlib import Path

from harness.atomic_files import write_result
from harness.leaderboard.tables import Table
from harness.report.latex import Environment, latex_document, latex_table
from harness.report.plain import csv_table, markdown_table
from harness.report.wording import Spread


def write_tables(
    tables: Iterable[Table],
    out_dir: Path,
    *,
    standalone: bool = False,
    environment: Environment | None = None,
    spread: Spread = "std",
) -> list[Path]:
    """Write ``NAME.tex``, ``NAME.md`` and ``NAME.csv`` for each table, in place of older ones.

    Args:
        tables: What to write; names are file names.
        out_dir: Made when missing.
        standalone: Write each ``.tex`` as a document that compiles as it is, not to be included in one.
        environment: Of LaTeX; None lets each table's length decide.
        spread: What follows each mean in LaTeX and Markdown; CSV always holds all there is.

    Returns:
        The files, in the order of the tables.

    Raises:
        StoreError: A file cannot be written.
    """
    written = []
    for table in tables:
        contents = {
            "tex": latex_document((table,), environment=environment, spread=spread)
            if standalone
            else latex_table(table, environment=environment, spread=spread),
            "md": markdown_table(table, spread=spread),
            "csv": csv_table(table),
        }
        for suffix, content in contents.items():
            path = out_dir / f"{table.name}.{suffix}"
            write_result(path, content.encode())
            written.append(path)
    return written
