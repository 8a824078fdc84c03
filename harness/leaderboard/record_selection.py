"""Which records a table is made of. A table never mixes what cannot be compared."""

from collections.abc import Collection, Iterable

import pandas as pd

from harness.errors import StoreError, UnknownNameError
from harness.leaderboard.variants import VARIANT_COLUMNS


def select(
    frame: pd.DataFrame,
    *,
    datasets: Collection[str] | None = None,
    categories: Collection[str] | None = None,
    methods: Collection[str] | None = None,
    seeds: Collection[int] | None = None,
    protocols: Collection[str] | None = None,
    split: str | None = None,
    latest: bool = False,
) -> pd.DataFrame:
    """The records of ``frame`` that a table is asked to show.

    Args:
        frame: ``RecordStore.frame()``.
        datasets: Names; None keeps all.
        categories: ``category`` or ``dataset/category``; None keeps all.
        methods: Names; None keeps all.
        seeds: None keeps all.
        protocols: Each a ``Protocol.key()``; None keeps all.
        split: Name of a split; None keeps all.
        latest: Of each category keep only the data fingerprint, then of each method only the settings
            (with version and weights), of the record that finished last.

    Returns:
        A frame with the same columns and at least one row.

    Raises:
        UnknownNameError: No record has a name that was asked for.
        StoreError: Every name is known, but no record has all that was asked for.
    """
    if frame.empty:
        raise StoreError("The store holds no records. Right would be one that 'bench run' has written to.")
    wanted: list[tuple[str, str, Collection[object] | None]] = [
        ("data set", "dataset", datasets),
        ("category", "category", categories),
        ("method", "method", methods),
        ("seed", "seed", seeds),
        ("protocol", "protocol", protocols),
        ("split", "split", None if split is None else [split]),
    ]
    kept = frame
    for kind, column, values in wanted:
        if values is None:
            continue
        chosen = frame[column].isin(list(values))
        known = frame[column]
        if column == "category":
            full = frame["dataset"] + "/" + frame["category"]
            chosen |= full.isin(list(values))
            known = pd.concat([known, full])
        _check_known(kind, values, known)
        kept = kept[chosen.reindex(kept.index)]
    if kept.empty:
        asked = "; ".join(f"{kind} {', '.join(map(str, values))}" for kind, _, values in wanted if values is not None)
        raise StoreError(f"No record has all of: {asked}. The store holds {len(frame)} records of other combinations.")
    return _latest(kept) if latest else kept


def check_comparable(frame: pd.DataFrame) -> None:
    """Refuse records that one table must not mix.

    Raises:
        StoreError: There are several splits, a data set with several protocols, or a category with several
            data fingerprints.
    """
    splits = sorted(frame["split"].unique())
    if len(splits) > 1:
        raise StoreError(
            f"Records of {len(splits)} splits, and one table shows one: {', '.join(splits)}. Choose one with --split."
        )
    for name, protocols in frame.groupby("dataset")["protocol"]:
        found = sorted(protocols.unique())
        if len(found) > 1:
            raise StoreError(
                f"Records of {len(found)} protocols, and one table shows one for {name}: {', '.join(found)}. "
                "Choose one with --protocol."
            )
    for (dataset, category), prints in frame.groupby(["dataset", "category"])["data_fingerprint"]:
        if prints.nunique() > 1:
            shown = ", ".join(sorted(str(value)[:12] for value in prints.unique()))
            raise StoreError(
                f"Records of {dataset}/{category} come from {prints.nunique()} states of the data ({shown}), "
                "and one table shows one. Choose the newest with --latest."
            )


def protocols_text(protocol_of: Iterable[tuple[str, str]]) -> str:
    """The protocol of a table, or each with the data sets that have it.

    Args:
        protocol_of: Data set and ``Protocol.key()`` of each record; one protocol a data set.
    """
    datasets: dict[str, set[str]] = {}
    for dataset, protocol in protocol_of:
        datasets.setdefault(protocol, set()).add(dataset)
    if len(datasets) == 1:
        return next(iter(datasets))
    return "; ".join(f"{protocol} for {', '.join(sorted(found))}" for protocol, found in sorted(datasets.items()))


def _check_known(kind: str, values: Collection[object], column: pd.Series) -> None:
    known = set(column.unique())
    for value in values:
        if value not in known:
            raise UnknownNameError.of(kind, str(value), map(str, known))


def _latest(frame: pd.DataFrame) -> pd.DataFrame:
    kept = _newest(frame, of=["dataset", "category"], by=["data_fingerprint"])
    return _newest(kept, of=["method"], by=VARIANT_COLUMNS)


def _newest(frame: pd.DataFrame, *, of: list[str], by: list[str]) -> pd.DataFrame:
    # cell_id settles two records of one second.
    last = frame.sort_values(["finished_at", "cell_id"]).drop_duplicates(of, keep="last")
    keys = pd.MultiIndex.from_frame(frame[of + by])
    return frame[keys.isin(pd.MultiIndex.from_frame(last[of + by]))]
