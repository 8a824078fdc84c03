"""Which records a table is made of. A table never mixes what cannot be compared."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from harness.config.protocol import words_of
from harness.errors import StoreError, UnknownNameError
from harness.leaderboard.variants import VARIANT_COLUMNS
from harness.phrasing import contaminate_words, corrupt_words, counted, limit_words
from harness.regimes import ONE_CLASS, regime_words


@dataclass(frozen=True)
class Condition:
    """A column of records that has one value as a rule, and whose other values stand in no table unless asked for."""

    usual: str
    """What a record with this value is of."""
    others: str
    """What those with another value are of."""
    words: Callable[[Any], str]
    """Another value, in the caption of a table."""
    usual_value: str | None = None
    """None for null."""

    def is_other(self, column: pd.Series) -> pd.Series:
        """Which records have another value."""
        return column.notna() if self.usual_value is None else column != self.usual_value


CONDITIONS: Mapping[str, Condition] = {
    "limit": Condition(
        "all images", "smoke runs with a limit", lambda value: f"a smoke run, {limit_words(int(value))}"
    ),
    "corrupt": Condition("test images as they are", "corrupted test images", corrupt_words),
    "contaminate": Condition("normal training sets", "contaminated training sets", contaminate_words),
    "regime": Condition(
        "one model a category and all of its images",
        "another regime",
        lambda value: f"regime {regime_words(value)}",
        usual_value=ONE_CLASS,
    ),
}
"""By column, whose name is also that of the flag."""
_PLACE = ["dataset", "category", "seed"]
RUN_ALIKE = "Run all of them with --skip-unreadable --policy always, or repair the files."
"""What to do about records that left out different images."""


def select(
    frame: pd.DataFrame,
    *,
    datasets: Collection[str] | None = None,
    categories: Collection[str] | None = None,
    methods: Collection[str] | None = None,
    seeds: Collection[int] | None = None,
    protocols: Collection[str] | None = None,
    split: str | None = None,
    **conditions: object,
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
        **conditions: A value of one of ``CONDITIONS``; None keeps all.

    Returns:
        A frame with the same columns and at least one row.

    Raises:
        UnknownNameError: No record has a name that was asked for.
        StoreError: Every name is known, but no record has all that was asked for.
    """
    if frame.empty:
        raise StoreError("The store holds no records. Expected one that 'bench run' has written to.")
    wanted: list[tuple[str, str, Collection[object] | None]] = [
        ("data set", "dataset", datasets),
        ("category", "category", categories),
        ("method", "method", methods),
        ("seed", "seed", seeds),
        ("protocol", "protocol", protocols),
        ("split", "split", None if split is None else [split]),
        *((name, name, None if value is None else [value]) for name, value in conditions.items()),
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
        held = counted(len(frame), "record")
        raise StoreError(f"No record has all of: {asked}. The store holds {held} of other combinations.")
    return kept


@dataclass(frozen=True, kw_only=True)
class Newest:
    """The newest state of some records, which one table can show."""

    frame: pd.DataFrame = field(repr=False)
    left_out: str
    """What else there is and how to see it, in one line; empty if there is nothing else."""


def newest(
    frame: pd.DataFrame, *, all_variants: bool = False, same_images: bool = True, **conditions: object
) -> Newest:
    """Keep the splits, protocols, data and settings of the records that finished last.

    Args:
        frame: Records as ``select`` returns them.
        all_variants: Keep all versions, settings and weights of each method, not only the newest.
        same_images: Whether only what ``of_same_images`` keeps may stay, as one table needs it.
        **conditions: The value of one of ``CONDITIONS`` that all records of ``frame`` have; None, or no value, leaves
            those with a value out.

    Returns:
        The records of one split and one protocol a data set; one state of the data a category; unless
        ``all_variants``, one variant a method.

    Raises:
        StoreError: All records have a limit or another condition, and none was asked for.
    """
    steps: list[tuple[str, str, list[str], list[str], str]] = [
        ("another split", "split", ["dataset"], ["split"], "; see --split"),
        ("another protocol", "protocol", ["dataset"], ["protocol"], "; see --protocol"),
        ("an earlier state of the data", "category", ["dataset", "category"], ["data_fingerprint"], ""),
    ]
    if not all_variants:
        steps.append(("other settings or versions", "method", ["method"], VARIANT_COLUMNS, "; see --all-variants"))
    kept, apart = frame, []
    for name in CONDITIONS:
        if conditions.get(name) is None:
            kept, told = _without(kept, name)
            apart += told
    left_out = []
    for what, naming, of, by, hint in steps:
        before, kept = kept, _newest(kept, of=of, by=by)
        if len(kept) < len(before):
            gone = before.drop(kept.index)
            names = ", ".join(sorted(gone[naming].unique()))
            left_out.append(f"{counted(len(gone), 'record')} of {what} ({names}{hint})")
    if same_images:
        same = of_same_images(kept)
        kept, left_out = same.frame, left_out + ([same.left_out] if same.left_out else [])
    only = "Only the newest records are shown. " if left_out else ""
    left_out += apart
    return Newest(frame=kept, left_out=f"{only}Left out: {', '.join(left_out)}" if left_out else "")


def of_same_images(frame: pd.DataFrame) -> Newest:
    """Of each category and seed, keep the finished records that left out the same images as unreadable.

    Those that went on without other images than the newest record did judge, or learned from, another set of images.
    Failures stay, because they have no number.
    """
    is_ok = frame["status"] == "ok"
    if not is_ok.any():
        return Newest(frame=frame, left_out="")
    kept = frame[~is_ok | frame.index.isin(_newest(frame[is_ok], of=_PLACE, by=["unreadable_ids"]).index)]
    gone = frame.drop(kept.index)
    if gone.empty:
        return Newest(frame=frame, left_out="")
    cells = ", ".join(sorted({f"{row.dataset}/{row.category} {row.method}" for row in gone.itertuples()}))
    count = counted(len(gone), "record")
    text = f"{count} of another set of readable images ({cells}; run with --skip-unreadable --policy always)"
    return Newest(frame=kept, left_out=text)


def check_comparable(frame: pd.DataFrame) -> None:
    """Refuse records that do not compare.

    Raises:
        StoreError: There are several limits or other conditions, a data set with several splits or protocols, a
            category with several data fingerprints, or a cell of which methods left out different images as unreadable.
    """
    for condition in CONDITIONS:
        held = _values(frame[condition])
        if len(held) > 1:
            raise StoreError(
                f"Expected records of one {condition}, got {', '.join(held)}. Choose one with --{condition}."
            )
    for column in ("split", "protocol"):
        for name, values in frame.groupby("dataset")[column]:
            found = sorted(values.unique())
            if len(found) > 1:
                raise StoreError(
                    f"Expected records of one {column} for {name}, got {len(found)}: {', '.join(found)}. "
                    f"Choose one with --{column}."
                )
    for (dataset, category), prints in frame.groupby(["dataset", "category"])["data_fingerprint"]:
        if prints.nunique() > 1:
            shown = ", ".join(sorted(str(value)[:12] for value in prints.unique()))
            raise StoreError(
                f"Expected records of one state of the data of {dataset}/{category}, got {prints.nunique()}: {shown}."
            )
    for (dataset, category, seed), ids in frame[frame["status"] == "ok"].groupby(_PLACE)["unreadable_ids"]:
        if ids.nunique() > 1:
            shown = " against ".join(sorted(value or "none" for value in ids.unique()))
            raise StoreError(
                f"Expected records of one set of images of {dataset}/{category} seed {seed}, got records that left "
                f"out different images as unreadable: {shown}. {RUN_ALIKE}"
            )


def protocols_text(frame: pd.DataFrame) -> str:
    """The protocol of a table in words, or each with the data sets that have it; and the condition, if there is one.

    Args:
        frame: Its records, of one protocol a data set.
    """
    text = _datasets_text(zip(frame["dataset"], frame["protocol"].map(words_of), strict=True))
    told = (
        condition.words(value)
        for name, condition in CONDITIONS.items()
        for value in sorted(frame.loc[condition.is_other(frame[name]), name].unique())
    )
    return "; ".join([text, *told])


def splits_text(split_of: Iterable[tuple[str, str]]) -> str:
    """The split of a table, or each with the data sets that have it.

    >>> splits_text([("mtd", "published"), ("ksdd", "fold-1")])
    'for ksdd fold-1; for mtd published'
    """
    return _datasets_text(split_of)


def _datasets_text(value_of: Iterable[tuple[str, str]]) -> str:
    datasets: dict[str, set[str]] = {}
    for dataset, value in value_of:
        datasets.setdefault(value, set()).add(dataset)
    if len(datasets) == 1:
        return next(iter(datasets))
    return "; ".join(f"for {', '.join(sorted(of))} {value}" for value, of in sorted(datasets.items()))


def _without(frame: pd.DataFrame, name: str) -> tuple[pd.DataFrame, list[str]]:
    """The records without a condition, and how many others there are and how to see them; nothing if there are none."""
    condition = CONDITIONS[name]
    is_other = condition.is_other(frame[name])
    if not is_other.any():
        return frame, []
    names = ", ".join(sorted(frame.loc[is_other, "dataset"].unique()))
    flags = " or ".join(f"--{name} {value}" for value in _values(frame.loc[is_other, name]))
    if is_other.all():
        raise StoreError(
            f"Expected records of {condition.usual}, got only {counted(len(frame), 'record')} of {condition.others} "
            f"({names}). Show them with {flags}."
        )
    return frame[~is_other], [f"{counted(int(is_other.sum()), 'record')} of {condition.others} ({names}; see {flags})"]


def _values(column: pd.Series) -> list[str]:
    """Every value of a condition, in their order; ``none`` for records without."""
    return [*(["none"] if column.isna().any() else []), *(str(value) for value in sorted(column.dropna().unique()))]


def _check_known(kind: str, values: Collection[object], column: pd.Series) -> None:
    known = set(column.dropna().unique())
    for value in values:
        if value not in known:
            raise UnknownNameError.of(kind, str(value), map(str, known))


def newest_variant(frame: pd.DataFrame) -> pd.DataFrame:
    """Of each method the records with the version, settings and weights of the record that finished last."""
    return _newest(frame, of=["method"], by=VARIANT_COLUMNS)


def _newest(frame: pd.DataFrame, *, of: list[str], by: list[str]) -> pd.DataFrame:
    # cell_id decides between two records of the same second.
    ordered = frame[[*of, *by, "finished_at", "cell_id"]].sort_values(["finished_at", "cell_id"])
    last = ordered.drop_duplicates(of, keep="last")
    keys = pd.MultiIndex.from_frame(frame[of + by])
    return frame[keys.isin(pd.MultiIndex.from_frame(last[of + by]))]
