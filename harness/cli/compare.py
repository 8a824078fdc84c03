"""``bench compare``: whether one row of the leaderboard is better than another, and how surely."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli import options as o
from harness.cli.show import Metrics
from harness.config import RecordFilter
from harness.phrasing import counted

if TYPE_CHECKING:
    from rich.table import Table

    from harness.leaderboard import Comparison, ComparisonLine


@o.takes(RecordFilter, without=("methods", "all_variants"))
def compare(
    given: o.Given,
    a: Annotated[
        str,
        typer.Argument(metavar="A", help="A row as 'bench leaderboard' prints it, or RESULTS::ROW of another store."),
    ],
    b: Annotated[str, typer.Argument(metavar="B", help="The row it is compared with.")],
    metrics: Metrics = "",
    resamples: Annotated[int | None, typer.Option(help="Resamples of the test images (default: 2000).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON; fractions, not percent.")] = False,
) -> None:
    """Compare two rows on the cells that both have: differences, intervals, tests."""
    wanted = o.records_asked_for(given)
    from harness.jobs.compare import compare as compare_rows

    found = compare_rows(a, b, wanted, metrics=o.split_names(metrics) or None, num_resamples=resamples)
    if as_json:
        print(json.dumps(_as_json(found)))
    else:
        _print(found)


def _as_json(found: "Comparison") -> dict[str, Any]:
    return asdict(found) | {"lines": [asdict(line) | {"mark": line.difference.mark} for line in found.lines]}


def _print(found: "Comparison") -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console()
    for metric in dict.fromkeys(line.metric for line in found.lines):
        console.print(_table(found, metric))
    for note in _notes(found):
        console.print(Text(note, style="dim"))
    for note in found.left_out:
        console.print(Text(note, style="yellow"))


def _table(found: "Comparison", metric: str) -> "Table":
    from rich.table import Table
    from rich.text import Text

    from harness.metrics.catalogue import metric_title

    lines = [line for line in found.lines if line.metric == metric]
    # Text, not str: rich would read the brackets of "mfrnet [k=3]" as a style.
    table = Table(title=Text(metric_title(metric)), title_justify="left")
    table.add_column("Category", overflow="fold")
    for heading in (found.a, found.b, "A - B", f"{100 * found.confidence:.0f} % interval", "", "p"):
        table.add_column(Text(heading), justify="right", overflow="fold")
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else None
        ends = following is not None and None in (line.category, following.category)
        table.add_row(Text(_name(line)), *map(Text, _numbers(line)), end_section=ends)
    return table


def _name(line: "ComparisonLine") -> str:
    if line.category is not None:
        return line.category if line.category == line.dataset else f"{line.dataset}/{line.category}"
    return f"{line.dataset or 'all'}, mean of {line.num_categories}"


def _numbers(line: "ComparisonLine") -> Iterator[str]:
    difference = line.difference
    yield f"{100 * line.mean_a:.1f}"
    yield f"{100 * line.mean_b:.1f}"
    yield _points(difference.value)
    if difference.low is None or difference.high is None:
        yield "--"
    else:
        yield f"[{_points(difference.low)}, {_points(difference.high)}]"
    yield difference.mark
    yield "--" if difference.p_value is None else _p_text(difference.p_value)


def _points(fraction: float) -> str:
    # Adding 0 turns -0.0 into 0.0.
    return f"{round(100 * fraction, 2) + 0.0:+.2f}"


def _p_text(p_value: float) -> str:
    return "<.001" if p_value < 0.001 else f"{p_value:.3f}"


def _notes(found: "Comparison") -> Iterator[str]:
    from harness.metrics.catalogue import find_metric, is_image_metric, metric_title

    yield (
        f"A is {found.a}, B is {found.b}. Percent, A - B in percentage points; means over seeds of "
        f"{counted(found.num_cells, 'cell')} that both have. Protocol: {found.protocol}."
    )
    interval = f"{100 * found.confidence:.0f} % interval"
    kinds = {is_image_metric(line.metric) for line in found.lines}
    if True in kinds:
        yield (
            f"Image metrics: {interval} and p from {found.num_resamples} resamples of the test images, the same for A "
            f"and B. It covers the choice of test images, not training seeds. {found.resampling}"
        )
    if False in kinds:
        needs = {find_metric(line.metric).needs for line in found.lines} - {"scores"}
        others = "Pixel metrics and AUPRO" if needs == {"masks"} else "The other metrics"
        yield (
            f"{others}: {interval} and p from Student's t for pairs over seeds. It covers training "
            "seeds, not the choice of test images."
        )
    yield (
        "+ or -: the interval excludes 0; ~: it does not. p is two-sided. Neither is corrected for the "
        "number of categories and metrics."
    )
    reasons: dict[str, list[str]] = {}
    for line in found.lines:
        if line.difference.reason:
            reasons.setdefault(line.difference.reason, []).append(f"{metric_title(line.metric)} {_name(line)}")
    for reason, places in reasons.items():
        yield f"--: {reason} ({', '.join(places)})."
    for line in found.lines:
        if line.wilcoxon is not None and line.wilcoxon.p_value is not None:
            yield (
                f"Wilcoxon's signed-rank test, {metric_title(line.metric)} over {line.num_categories} categories "
                f"({line.dataset or 'all data sets'}): p {_p_text(line.wilcoxon.p_value)}."
            )
