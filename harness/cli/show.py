"""``bench leaderboard`` and ``bench tables``: what the records say, on the screen or in files."""

import sys
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli import options as o
from harness.environment import default_results
from harness.errors import BenchError, SettingsError, StoreError, UnknownNameError

if TYPE_CHECKING:
    import pandas as pd

    from harness.leaderboard.tables import Table
    from harness.plan import Cell
    from harness.report import Environment
    from harness.store import RecordStore

Metrics = Annotated[str | None, typer.Option(help="Columns of records, comma-separated, e.g. image_auroc,aupro_30.")]
ProtocolKey = Annotated[
    str | None,
    typer.Option(
        help="Show records of these protocols, comma-separated; needed where a data set has records of several."
    ),
]
StoredSplit = Annotated[
    str | None,
    typer.Option(
        "--split",
        help="Show records of this split, as 'bench run' was given it or as the records name it; needed where there "
        "are several.",
    ),
]
Latest = Annotated[bool, typer.Option("--latest", help="Per method only the newest settings.")]


def leaderboard(
    datasets: o.Datasets = None,
    categories: o.Categories = None,
    methods: o.Methods = None,
    seeds: o.Seeds = None,
    metrics: Metrics = None,
    protocol: ProtocolKey = None,
    split: StoredSplit = None,
    latest: Latest = False,
    failed: Annotated[bool, typer.Option("--failed", help="List failed cells and why, and nothing else.")] = False,
    export: Annotated[
        Path | None,
        typer.Option(metavar="FILE.parquet", help="Write the records to one Parquet file, and nothing else."),
    ] = None,
    results: o.Results = None,
) -> None:
    """Show methods x data sets and every category. A mean with a missing cell is withheld."""
    if export is not None and export.suffix.lower() != ".parquet":
        raise SettingsError(f"--export {export}: right would be a name that ends in .parquet.")
    store = _store(results)
    chosen = selected(store, datasets, categories, methods, seeds, protocol, split, latest)
    if export is not None:
        print(store.export(export, chosen["cell_id"]))
        return
    if failed:
        failures = chosen[chosen["status"] == "failed"]
        for _, row in failures.iterrows():
            print(f"{row['dataset']}/{row['category']} {row['method']} seed {row['seed']}: {row['error']}")
        if failures.empty:
            print(f"None of {len(chosen)} cells failed.")
        return
    _print(chosen, _metrics(metrics), expected_categories(chosen, categories))


def tables(
    datasets: o.Datasets = None,
    categories: o.Categories = None,
    methods: o.Methods = None,
    seeds: o.Seeds = None,
    metrics: Metrics = None,
    protocol: ProtocolKey = None,
    split: StoredSplit = None,
    latest: Latest = False,
    spread: Annotated[
        str, typer.Option(help="What follows each mean: std, interval (95 % bootstrap) or none.")
    ] = "std",
    reported: Annotated[
        bool, typer.Option("--reported", help="Published numbers in a block below the main table, never ranked.")
    ] = False,
    wide: Annotated[bool, typer.Option("--wide", help="LaTeX over both columns of a two-column paper.")] = False,
    longtable: Annotated[
        bool, typer.Option("--longtable", help="LaTeX that breaks across pages, as long tables do by themselves.")
    ] = False,
    standalone: Annotated[bool, typer.Option("--standalone", help="Complete LaTeX documents.")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for the files (default: RESULTS/tables).")] = None,
    results: o.Results = None,
) -> None:
    """Write the tables as LaTeX (booktabs), Markdown and CSV, and print the paths.

    Methods x data sets, categories of each data set, costs, and the settings of each method that has several.
    """
    from harness.leaderboard import HEADLINE_METRICS, all_tables, intervals_of
    from harness.leaderboard.published_numbers import load_published
    from harness.report import SPREADS, write_tables

    if spread not in SPREADS:
        raise UnknownNameError.of("spread", spread, SPREADS)
    if wide and longtable:
        raise SettingsError("--wide with --longtable: LaTeX has no long tables over two columns; choose one of them.")
    store = _store(results)
    chosen = selected(store, datasets, categories, methods, seeds, protocol, split, latest)
    expected = expected_categories(chosen, categories)
    wanted = {"metrics": HEADLINE_METRICS, "expected": expected} | _metrics(metrics)
    if spread == "interval":
        wanted["intervals"] = intervals_of(chosen, store.image_scores, **wanted)
    published = load_published() if reported else ()
    made = _with_scope(all_tables(chosen, published=published, **wanted), chosen, expected)
    if reported and not made[0].reported:
        known = ", ".join(sorted({result.dataset for result in published}))
        raise SettingsError(
            f"--reported: no published number fits the main table ({', '.join(made[0].groups)}; "
            f"{', '.join(column.title for column in made[0].columns)}). There are some for {known}."
        )
    environment: Environment | None = "table*" if wide else "longtable" if longtable else None
    folder = out or _tables_dir(results or default_results())
    for path in write_tables(made, folder, standalone=standalone, environment=environment, spread=spread):
        print(path)


def show_run(frame: "pd.DataFrame", cells: Sequence["Cell"]) -> None:
    """Print the tables of some cells; nothing where none of them has a record."""
    chosen = frame[frame["cell_id"].isin([cell.id for cell in cells])]
    if chosen.empty:
        return
    expected: dict[str, set[str]] = {}
    for cell in cells:
        expected.setdefault(cell.dataset, set()).add(cell.category)
    _print(chosen, {}, expected)


def _print(frame: "pd.DataFrame", metrics: dict[str, Any], expected: Mapping[str, Collection[str]]) -> None:
    """Print the main table and a table of categories for each data set that has several."""
    from rich.console import Console

    from harness.leaderboard import metric_tables
    from harness.report import console_table

    console = Console()
    main, *categories = _with_scope(metric_tables(frame, expected=expected, **metrics), frame, expected)
    for table in (main, *(table for table in categories if len(table.rows) - table.num_summary_rows > 1)):
        console.print(console_table(table))


def _store(results: str | None) -> "RecordStore":
    from harness.store import RecordStore

    return RecordStore(results or default_results())


def selected(
    store: "RecordStore",
    datasets: str | None,
    categories: str | None,
    methods: str | None,
    seeds: str | None,
    protocol: str | None,
    split: str | None,
    latest: bool,
) -> "pd.DataFrame":
    """The records that the flags of a reading command ask for.

    Raises:
        BenchError: There are no records, a name is unknown, or no record has all that was asked for.
    """
    from harness.datasets.splits import split_identity
    from harness.leaderboard import select

    frame = store.frame()
    for problem in store.problems:
        print(f"bench: left out: {problem}", file=sys.stderr)
    if frame.empty:
        raise StoreError(
            f"{store.url} holds no records. Right would be what 'bench run' has written to: --results or BENCH_RESULTS."
        )
    if split is not None and split not in set(frame["split"]):
        # What is no split at all stays as typed: the error below lists the splits that have records.
        with suppress(BenchError):
            split = split_identity(split)
    return select(
        frame,
        datasets=o.chosen_names(datasets),
        categories=o.chosen_names(categories),
        methods=o.chosen_names(methods),
        seeds=None if seeds is None else o.parse_seeds(seeds),
        protocols=o.chosen_names(protocol),
        split=split,
        latest=latest,
    )


def expected_categories(frame: "pd.DataFrame", categories: str | None) -> dict[str, Collection[str]]:
    """The published categories of each data set, unless only some were asked for."""
    from harness.datasets import DATASETS

    if categories is not None:
        return {}
    known = set(frame["dataset"]) & set(DATASETS.names())
    return {name: tuple(DATASETS.get(name)().info.counts) for name in known}


def _with_scope(
    tables: "Sequence[Table]", frame: "pd.DataFrame", expected: Mapping[str, Collection[str]]
) -> "list[Table]":
    """The tables, with a note where a mean is over a part of a published data set's categories."""
    from harness.datasets import DATASETS

    parts = {}
    for dataset in set(frame["dataset"]) & set(DATASETS.names()):
        published = DATASETS.get(dataset)().info.counts
        shown = sorted({*frame.loc[frame["dataset"] == dataset, "category"], *expected.get(dataset, ())})
        if len(shown) < len(published):
            parts[dataset] = f"{dataset}: {len(shown)} of its {len(published)} categories ({', '.join(shown)})"
    return [
        replace(table, notes=(*table.notes, *(parts[name] for name in table.seeds if name in parts)))
        for table in tables
    ]


def _metrics(metrics: str | None) -> dict[str, Any]:
    return {} if metrics is None else {"metrics": o.split_names(metrics)}


def _tables_dir(results: str) -> Path:
    return Path("tables") if "://" in results else Path(results) / "tables"
