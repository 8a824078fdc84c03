"""``bench compare``: whether one row of the leaderboard is better than another, and how surely."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli import options as o
from harness.cli.show import Latest, Metrics, ProtocolKey, StoredSplit, selected
from harness.environment import default_results
from harness.errors import BenchError, SettingsError

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

    from harness.leaderboard import Comparison, ComparisonLine, Side
    from harness.store import RecordStore

_MIN_RESAMPLES = 100
_WORDS = "A row as 'bench leaderboard' prints it, or RESULTS::ROW for one of another store."


def compare(
    a: Annotated[str, typer.Argument(metavar="A", help=_WORDS)],
    b: Annotated[str, typer.Argument(metavar="B", help="The row it is set against.")],
    datasets: o.Datasets = None,
    categories: o.Categories = None,
    seeds: o.Seeds = None,
    metrics: Metrics = None,
    protocol: ProtocolKey = None,
    split: StoredSplit = None,
    latest: Latest = False,
    resamples: Annotated[int | None, typer.Option(help="Resamples of the test images (default: 2000).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON; fractions, not percent.")] = False,
    results: o.Results = None,
) -> None:
    """Compare two rows on the cells that both have: differences, intervals, tests."""
    if resamples is not None and resamples < _MIN_RESAMPLES:
        raise SettingsError(f"--resamples {resamples}: right would be {_MIN_RESAMPLES} or more.")
    if a == b:
        raise SettingsError(f"{a} is set against itself; right would be two rows, or RESULTS::ROW of another store.")
    from harness.leaderboard import compare as compare_rows

    asked: dict[str, Any] = {}
    if metrics is not None:
        asked["metrics"] = o.split_names(metrics)
    if resamples is not None:
        asked["num_resamples"] = resamples
    home = results or default_results()

    def choose(store: "RecordStore") -> "pd.DataFrame":
        return selected(store, datasets, categories, None, seeds, protocol, split, latest)

    found = compare_rows(_side(a, home, choose), _side(b, home, choose), **asked)
    if as_json:
        print(json.dumps(_as_json(found)))
    else:
        _print(found)


def _side(text: str, home: str, choose: "Callable[[RecordStore], pd.DataFrame]") -> "Side":
    from harness.leaderboard import Side
    from harness.store import RecordStore

    url, elsewhere, row = text.partition("::")
    store = RecordStore(url if elsewhere else home)
    try:
        return Side.of(choose(store), row if elsewhere else text, store.image_scores, label=text)
    except BenchError as error:
        if not elsewhere:
            raise
        raise type(error)(f"{url}: {error}") from None


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
    # Adding 0 makes -0.0 a plain one.
    return f"{round(100 * fraction, 2) + 0.0:+.2f}"


def _p_text(p_value: float) -> str:
    return "<.001" if p_value < 0.001 else f"{p_value:.3f}"


def _notes(found: "Comparison") -> Iterator[str]:
    from harness.metrics.catalogue import is_image_metric, metric_title

    yield (
        f"A is {found.a}, B is {found.b}. Percent, A - B in percentage points; means over seeds of {found.num_cells} "
        f"cells that both have. Protocol {found.protocol}."
    )
    interval = f"{100 * found.confidence:.0f} % interval"
    kinds = {is_image_metric(line.metric) for line in found.lines}
    if True in kinds:
        yield (
            f"Image metrics: {interval} and p from {found.num_resamples} resamples of the test images, the same for A "
            "and B. It covers the choice of test images, not training seeds."
        )
    if False in kinds:
        yield (
            f"Pixel metrics and AUPRO: {interval} and p from Student's t for pairs over seeds. It covers training "
            "seeds, not the choice of test images."
        )
    yield (
        "+ or - where the interval excludes 0, ~ where it does not. p is two-sided. Neither is corrected for the "
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
