"""``bench figures``: what the records say, drawn for a paper."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import options as o
from harness.cli.show import Latest, ProtocolKey, StoredSplit, expected_categories, selected
from harness.environment import default_results

if TYPE_CHECKING:
    from harness.report.figures.plot_types import PlotSet


def figures(
    datasets: o.Datasets = None,
    categories: o.Categories = None,
    methods: o.Methods = None,
    seeds: o.Seeds = None,
    protocol: ProtocolKey = None,
    split: StoredSplit = None,
    latest: Latest = False,
    wide: Annotated[bool, typer.Option("--wide", help="As wide as a page, not as one of two columns.")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for the files (default: RESULTS/figures).")] = None,
    results: o.Results = None,
) -> None:
    """Write the figures as PDF and PNG; print the paths, and what is left out and why.

    Accuracy against latency, every category with intervals, ROC and PRO curves, critical differences.
    """
    from harness.leaderboard import intervals_of
    from harness.report.figures import write_figures
    from harness.report.figures.all_plots import all_plots
    from harness.store import RecordStore

    home = results or default_results()
    store = RecordStore(home)
    chosen = selected(store, datasets, categories, methods, seeds, protocol, split, latest)
    expected = expected_categories(chosen, categories)
    intervals = intervals_of(chosen, store.image_scores, ["image_auroc"], expected=expected)
    made = all_plots(chosen, store.image_scores, intervals=intervals, expected=expected)
    for path in write_figures(made, out or _figures_dir(home), wide=wide):
        print(path)
    _print_notes(made)


def _print_notes(made: "PlotSet") -> None:
    # Not on stdout: there every line is a path.
    for plot in made.plots:
        for note in plot.heading.notes:
            print(f"{plot.heading.name}: not drawn: {note}.", file=sys.stderr)
    for left_out in made.left_out:
        print(f"{left_out.name}: left out: {left_out.reason}.", file=sys.stderr)


def _figures_dir(results: str) -> Path:
    return Path("figures") if "://" in results else Path(results) / "figures"
