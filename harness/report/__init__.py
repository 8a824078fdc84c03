from harness.report.console import console_table
from harness.report.latex import Environment, latex_document, latex_table
from harness.report.panels import save_defect_examples, save_panel
from harness.report.plain import csv_table, markdown_table
from harness.report.table_files import write_tables
from harness.report.wording import SPREADS, Spread

__all__ = [
    "SPREADS",
    "Environment",
    "Spread",
    "console_table",
    "csv_table",
    "latex_document",
    "latex_table",
    "markdown_table",
    "save_defect_examples",
    "save_panel",
    "write_tables",
]
