"""The table for a paper: booktabs, best bold, second underlined, on unrounded values."""

import math
import re
from dataclasses import replace
from typing import Literal

from harness.leaderboard.tables import Entry, Table
from harness.report.latex_block import TABCOLSEP_PT, Block, escaped
from harness.report.wording import Spread, caption, footnotes

Environment = Literal["table", "table*", "longtable"]
"""A float, one over both columns of a two-column paper, or a table that breaks across pages."""

_LINE_PT = {"table": 310.0, "table*": 420.0, "longtable": 310.0}
"""Nine tenths of the width of the article class's text at 10 pt, in one column and over two: widths are estimates."""
_SIZES = {r"\normalsize": 1.0, r"\small": 0.9, r"\footnotesize": 0.8, r"\scriptsize": 0.7}
_SMALLEST = min(_SIZES.values())  # smaller figures are hard to read
_SAME_NUMBER = r"\addtocounter{table}{-1}"
_PAGE_LINES = 35  # of 12 pt: what the article class's page holds beside a caption


def latex_table(table: Table, *, environment: Environment | None = None, spread: Spread = "std") -> str:
    """A table with caption and label, to include in a paper.

    A float that is too wide for the line is shrunk to it, and a long table set smaller, as far as figures
    stay large enough to read. A table still too wide has its column groups below each other, and where
    one group is too wide, further columns below the first ones. Where floats are asked for that do not
    fit one page, the later ones carry the number of the first.

    Args:
        table: What to show.
        environment: None chooses ``longtable`` where a float would not fit a page, else ``table``. It
            is never chosen for two columns: LaTeX has no long tables there.
        spread: What follows each mean.
    """
    if environment is None:
        num_lines = sum(block.num_lines for block in _blocks(table, "table", spread))
        environment = "table" if num_lines + len(footnotes(table)) <= _PAGE_LINES else "longtable"
    blocks = _blocks(table, environment, spread)
    lines = _long(table, blocks, spread) if environment == "longtable" else _floats(table, blocks, environment, spread)
    return "\n".join([*lines, ""])


def latex_document(tables: tuple[Table, ...], *, environment: Environment | None = None, spread: Spread = "std") -> str:
    """A complete document of these tables that compiles as it is."""
    head = [
        r"\documentclass{article}",
        r"\usepackage[T1]{fontenc}",
        r"\usepackage[a4paper,landscape,margin=15mm]{geometry}",
        r"\usepackage{booktabs}",
        r"\usepackage{graphicx}",
        r"\usepackage{longtable}",
        r"\pagestyle{empty}",
        r"\begin{document}",
    ]
    bodies = (latex_table(table, environment=environment, spread=spread) for table in tables)
    return "\n".join([*head, *bodies, r"\end{document}", ""])


def _blocks(table: Table, environment: Environment, spread: Spread) -> list[Block]:
    """The table as one block, or as several with some columns each where one would be too wide to read."""
    widest_pt = _LINE_PT[environment] / _SMALLEST

    def fitting(blocks: list[Block]) -> bool:
        return all(block.width_pt <= widest_pt for block in blocks)

    num_groups = len(table.groups)
    # Several blocks of a long table would each break across pages: there, groups are all beside or all below.
    most_blocks = 1 if environment == "longtable" else num_groups - 1
    for size in _even_sizes(num_groups, most_blocks):
        blocks = [Block.of(part, spread, stacked=False) for part in table.by_groups(size)]
        if fitting(blocks):
            return blocks
    for size in _even_sizes(len(table.columns), len(table.columns)):
        parts = [_with_columns(table, slice(first, first + size)) for first in range(0, len(table.columns), size)]
        blocks = [Block.of(part, spread, stacked=num_groups > 1) for part in parts]
        if fitting(blocks):
            break
    if environment != "longtable" and any(block.num_lines > _PAGE_LINES for block in blocks):
        return [Block.of(group, spread, stacked=False) for part in parts for group in part.by_groups()]
    return blocks


def _pages(table: Table, blocks: list[Block]) -> list[list[Block]]:
    """Blocks in floats of a page at most, the notes counted in the last one."""
    pages: list[list[Block]] = []
    for block in reversed(blocks):
        taken = sum(other.num_lines for other in pages[0]) if pages else 0
        if len(pages) == 1:
            taken += len(footnotes(table))
        if pages and taken + block.num_lines <= _PAGE_LINES:
            pages[0].insert(0, block)
        else:
            pages.insert(0, [block])
    return pages


def _even_sizes(count: int, most_parts: int) -> list[int]:
    """Sizes of equal parts of ``count`` things, from one part to ``most_parts``, without repetition."""
    sizes = [math.ceil(count / parts) for parts in range(1, most_parts + 1)]
    return sorted(set(sizes), reverse=True)


def _with_columns(table: Table, kept: slice) -> Table:
    def of_groups(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
        size = len(table.columns)
        return tuple(entry for first in range(0, len(entries), size) for entry in entries[first : first + size][kept])

    return replace(
        table,
        columns=table.columns[kept],
        entries=tuple(map(of_groups, table.entries)),
        reported=tuple(replace(row, entries=of_groups(row.entries)) for row in table.reported),
    )


def _floats(table: Table, blocks: list[Block], environment: Environment, spread: Spread) -> list[str]:
    shrinks = any(block.width_pt > _LINE_PT[environment] for block in blocks)
    lines = [_needs("booktabs", *(["graphicx"] if shrinks else []))]
    pages = _pages(table, blocks)
    for number, page in enumerate(pages):
        lines += [
            rf"\begin{{{environment}}}[t]",
            *([_SAME_NUMBER] if number else []),
            r"\centering",
            r"\setlength{\belowcaptionskip}{6pt}",
            rf"\caption{{{'Continued.' if number else escaped(caption(table, spread))}}}",
            *([] if number else [_label(table)]),
            "\n\\par\\medskip\n".join("\n".join(_tabular(block, environment)) for block in page),
            *(_notes(table) if number == len(pages) - 1 else []),
            rf"\end{{{environment}}}",
        ]
    return lines


def _tabular(block: Block, environment: Environment) -> list[str]:
    lines = [
        rf"\begin{{tabular}}{{{block.column_format}}}",
        *block.head,
        *block.body,
        r"\bottomrule",
        r"\end{tabular}",
    ]
    if block.width_pt <= _LINE_PT[environment]:
        return lines
    shrink_only = r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%"
    return [shrink_only, *lines[:-1], f"{lines[-1]}}}"]


def _long(table: Table, blocks: list[Block], spread: Spread) -> list[str]:
    width_pt = max(block.width_pt for block in blocks)
    fitting = (size for size, scale in _SIZES.items() if scale * width_pt <= _LINE_PT["longtable"])
    size = next(fitting, r"\scriptsize")
    lines = [
        _needs("booktabs", "longtable"),
        rf"{{{size}",
        rf"\setlength{{\tabcolsep}}{{{_SIZES[size] * TABCOLSEP_PT:.1f}pt}}",
        r"\setlength{\LTcapwidth}{\linewidth}",
    ]
    for number, block in enumerate(blocks):
        num_columns = len(block.column_format)
        # One table of several blocks has one number.
        title = rf"\caption{{{escaped(caption(table, spread))}}}{_label(table)}"
        lines += [
            *([_SAME_NUMBER] if number else []),
            rf"\begin{{longtable}}{{{block.column_format}}}",
            (r"\caption*{Further columns.}" if number else title) + r"\\",
            *block.head,
            r"\endfirsthead",
            rf"\multicolumn{{{num_columns}}}{{l}}{{\emph{{Table \thetable, continued}}}} \\",
            *block.head,
            r"\endhead",
            r"\bottomrule",
            r"\endfoot",
            *block.body,
            r"\end{longtable}",
        ]
    return [*lines, *_notes(table), r"\par}"]


def _notes(table: Table) -> list[str]:
    lines = footnotes(table)
    if not lines:
        return []
    text = "\\par\n".join(escaped(line) for line in lines)
    return [r"\par\smallskip", rf"\noindent\parbox{{\linewidth}}{{\footnotesize\sloppy {text}}}"]


def _label(table: Table) -> str:
    return rf"\label{{tab:{re.sub('[^A-Za-z0-9]+', '-', table.name)}}}"


def _needs(*packages: str) -> str:
    lines = (rf"\usepackage{{{name}}}" for name in packages)
    return f"% Needs {' and '.join(lines)} in the preamble."
