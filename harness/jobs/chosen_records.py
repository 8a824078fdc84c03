"""The records that a reading command shows, with what it takes to show them."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.config import RecordFilter
from harness.datasets import DATASETS
from harness.datasets.splits import split_identity
from harness.environment import without_credentials
from harness.errors import BenchError, StoreError
from harness.leaderboard import Groups, newest, select
from harness.leaderboard.record_selection import CONDITIONS
from harness.records import PUBLISHED_SPLIT
from harness.regimes import FEW_SHOT, MULTI_CLASS, shots_of
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
    left_out: str
    """What is not shown because it is not the newest or of a condition, and how to see it; empty if nothing is."""


def chosen_records(
    wanted: RecordFilter, *, all_variants: bool | None = None, same_images: bool = True
) -> ChosenRecords:
    """The records that a filter asks for, in their newest state. Reads the store once.

    Args:
        wanted: Which records.
        all_variants: None for the filter's own.
        same_images: As for ``newest``; False where the caller checks it itself.

    Raises:
        BenchError: There are no records, a name is unknown, or no record has all that was asked for.
    """
    store, frame = _store_of(wanted)
    asked = _asked(frame, wanted)
    all_variants = wanted.all_variants if all_variants is None else all_variants
    return _newest(store, asked, wanted, all_variants=all_variants, same_images=same_images)


def chosen_splits(wanted: RecordFilter) -> dict[str, ChosenRecords]:
    """The same for every split on its own, ``published`` first: name of the split to its records.

    Raises:
        BenchError: As ``chosen_records``.
    """
    store, frame = _store_of(wanted)
    asked = _asked(frame, wanted)
    splits = sorted(asked["split"].unique(), key=lambda split: (split != PUBLISHED_SPLIT, split))
    return {
        split: _newest(
            store, asked[asked["split"] == split], wanted, all_variants=wanted.all_variants, same_images=True
        )
        for split in splits
    }


def asked_records(wanted: RecordFilter) -> "pd.DataFrame":
    """Every record that a filter asks for, whatever its state; a condition that the filter does not name is kept.

    Raises:
        BenchError: As ``chosen_records``.
    """
    return _asked(_store_of(wanted)[1], wanted)


def few_shot_records(wanted: RecordFilter) -> "pd.DataFrame | None":
    """The newest records of all few-shot regimes, beside those of one-class; None if no finished one is few-shot.

    Raises:
        BenchError: As ``chosen_records``.
    """
    _, frame = _store_of(wanted)
    asked = _asked(frame, wanted.model_copy(update={"regime": None}))
    asked = asked[asked["regime"] != MULTI_CLASS]
    is_shown = asked["regime"].map(shots_of).notna() & (asked["status"] == "ok")
    for name, value in _conditions(wanted).items():
        if name != "regime" and value is None:
            is_shown &= asked[name].isna()
    if not is_shown.any():
        return None
    # Named, so that no regime is left out.
    return newest(asked, all_variants=wanted.all_variants, **{**_conditions(wanted), "regime": FEW_SHOT}).frame


def _store_of(wanted: RecordFilter) -> "tuple[RecordStore, pd.DataFrame]":
    store = RecordStore(wanted.results)
    frame = store.frame()
    if frame.empty:
        raise StoreError(
            f"{without_credentials(store.url)} holds no records. Name a folder that 'bench run' has written to with "
            "--results or BENCH_RESULTS."
        )
    return store, frame


def _asked(frame: "pd.DataFrame", wanted: RecordFilter) -> "pd.DataFrame":
    split = wanted.split
    if split is not None and split not in set(frame["split"]):
        # What is no split at all stays as typed: the error of select lists the splits that have records.
        with suppress(BenchError):
            split = split_identity(split)
    return select(
        frame,
        datasets=wanted.datasets,
        categories=wanted.categories,
        methods=wanted.methods,
        seeds=wanted.seeds,
        protocols=wanted.protocols,
        split=split,
        **_conditions(wanted),
    )


def _conditions(wanted: RecordFilter) -> dict[str, Any]:
    return {name: getattr(wanted, name) for name in CONDITIONS}


def _newest(
    store: RecordStore, asked: "pd.DataFrame", wanted: RecordFilter, *, all_variants: bool, same_images: bool
) -> ChosenRecords:
    found = newest(asked, all_variants=all_variants, same_images=same_images, **_conditions(wanted))
    expected = {} if wanted.categories is not None else _published_categories(found.frame)
    return ChosenRecords(store=store, frame=found.frame, expected=expected, left_out=found.left_out)


def groups_in(data: str | Path | None, frame: "pd.DataFrame") -> Groups:
    """The near duplicates of each category whose images are below ``data``; none without a data folder.

    A category whose images there are not those of all its records has none. Decodes the images on the first call;
    later calls find what they need in the cache.
    """
    groups: dict[tuple[str, str], Mapping[str, str]] = {}
    if data is None:
        return groups
    from harness.datasets.fingerprint import fingerprint
    from harness.datasets.twins import groups_of_images, samples_of

    measured: dict[tuple[str, str, str], set[str]] = {}
    columns = ["dataset", "category", "regime", "data_fingerprint"]
    for name, category, regime, found in frame[columns].drop_duplicates().itertuples(index=False):
        measured.setdefault((name, category, regime), set()).add(found)
    for (name, category, regime), fingerprints in measured.items():
        # A name such as module:Class would be imported, and a record must not choose what is executed.
        if name not in DATASETS.names():
            continue
        # A data set that is not there, or not complete, has no groups; the caption then says so.
        with suppress(BenchError):
            dataset = DATASETS.get(name)()
            if dataset.is_installed(Path(data)) and fingerprints == {
                fingerprint(dataset, Path(data), category, regime)
            }:
                groups[name, category] = groups_of_images(samples_of(dataset, Path(data), category))
    return groups


def categories_of(cells: Sequence["Cell"]) -> dict[str, set[str]]:
    """Data set to the categories of some cells."""
    categories: dict[str, set[str]] = {}
    for cell in cells:
        categories.setdefault(cell.dataset, set()).add(cell.category)
    return categories


def with_scope(
    tables: "Sequence[Table]", frame: "pd.DataFrame", expected: Mapping[str, Collection[str]], left_out: str = ""
) -> "list[Table]":
    """The tables with what their captions need to know of the data sets.

    A note says if a mean is over a part of a published data set's categories, and the first table notes what is left
    out of all of them. A remark says whose the published splits are.
    """
    parts = {}
    for dataset, published in _published_categories(frame).items():
        shown = sorted({*frame.loc[frame["dataset"] == dataset, "category"], *expected.get(dataset, ())})
        if len(shown) < len(published):
            parts[dataset] = f"{dataset}: {len(shown)} of its {len(published)} categories ({', '.join(shown)})"
    published_splits = set(frame.loc[frame["split"] == PUBLISHED_SPLIT, "dataset"]) & set(DATASETS.names())
    return [
        replace(
            table,
            notes=(
                *table.notes,
                *(parts[name] for name in table.seeds if name in parts),
                *([left_out] if left_out and number == 0 else []),
            ),
            remarks=(*table.remarks, *_split_remark(published_splits & set(table.seeds))),
        )
        for number, table in enumerate(tables)
    ]


def _split_remark(names: Collection[str]) -> list[str]:
    """Whose the published splits are, e.g. ``Split by the authors of the data set: visa; of the literature: mtd.``."""
    datasets: dict[str, list[str]] = {}
    for name in sorted(names):
        datasets.setdefault(_SPLIT_AUTHORS[DATASETS.get(name)().info.split_author], []).append(name)
    parts = [f"{whose}: {', '.join(names)}" for whose, names in datasets.items()]
    return [f"Split {'; '.join(parts)}."] if parts else []


_SPLIT_AUTHORS = {
    "authors": "by the authors of the data set",
    "literature": "of the literature",
    "ours": "of this benchmark",
}


def _published_categories(frame: "pd.DataFrame") -> dict[str, Collection[str]]:
    known = set(frame["dataset"]) & set(DATASETS.names())
    return {name: tuple(DATASETS.get(name)().info.counts) for name in known}
