"""The records that a reading command shows, with what it takes to show them."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.config import RecordFilter
from harness.datasets import DATASETS
from harness.datasets.splits import split_identity
from harness.environment import without_credentials
from harness.errors import BenchError, StoreError
from harness.leaderboard import select
from harness.store import RecordStore

if TYPE_CHECKING:
    import pandas as pd

    from harness.leaderboard.tables import Table
    from harness.plan import Cell


@dataclass(frozen=True, kw_only=True)
class ChosenRecords:
    """Records of a store, at least one."""

    store: RecordStore
    frame: "pd.DataFrame"
    expected: Mapping[str, Collection[str]]
    """Data set to the categories that its mean needs, with or without records."""


def chosen_records(wanted: RecordFilter) -> ChosenRecords:
    """The records that a filter asks for. Reads the store once.

    Raises:
        BenchError: There are no records, a name is unknown, or no record has all that was asked for.
    """
    store = RecordStore(wanted.results)
    frame = store.frame()
    if frame.empty:
        raise StoreError(
            f"{without_credentials(store.url)} holds no records. Name a folder that 'bench run' has written to with "
            "--results or BENCH_RESULTS."
        )
    split = wanted.split
    if split is not None and split not in set(frame["split"]):
        # What is no split at all stays as typed: the error of select lists the splits that have records.
        with suppress(BenchError):
            split = split_identity(split)
    chosen = select(
        frame,
        datasets=wanted.datasets,
        categories=wanted.categories,
        methods=wanted.methods,
        seeds=wanted.seeds,
        protocols=wanted.protocols,
        split=split,
        latest=wanted.latest,
    )
    expected = {} if wanted.categories is not None else _published_categories(chosen)
    return ChosenRecords(store=store, frame=chosen, expected=expected)


def categories_of(cells: Sequence["Cell"]) -> dict[str, set[str]]:
    """Data set to the categories of some cells."""
    categories: dict[str, set[str]] = {}
    for cell in cells:
        categories.setdefault(cell.dataset, set()).add(cell.category)
    return categories


def with_scope(
    tables: "Sequence[Table]", frame: "pd.DataFrame", expected: Mapping[str, Collection[str]]
) -> "list[Table]":
    """The tables, with a note where a mean is over a part of a published data set's categories."""
    parts = {}
    for dataset, published in _published_categories(frame).items():
        shown = sorted({*frame.loc[frame["dataset"] == dataset, "category"], *expected.get(dataset, ())})
        if len(shown) < len(published):
            parts[dataset] = f"{dataset}: {len(shown)} of its {len(published)} categories ({', '.join(shown)})"
    return [
        replace(table, notes=(*table.notes, *(parts[name] for name in table.seeds if name in parts)))
        for table in tables
    ]


def _published_categories(frame: "pd.DataFrame") -> dict[str, Collection[str]]:
    known = set(frame["dataset"]) & set(DATASETS.names())
    return {name: tuple(DATASETS.get(name)().info.counts) for name in known}
