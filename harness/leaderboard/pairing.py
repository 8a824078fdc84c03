"""Which cells of two rows may be set against each other. Pure work on frames."""

from dataclasses import dataclass, field

import pandas as pd

from harness.errors import StoreError, UnknownNameError
from harness.leaderboard.intervals import ImageScoresOf
from harness.leaderboard.record_selection import RUN_ALIKE, check_comparable, newest_variant
from harness.leaderboard.standings import cells_text
from harness.leaderboard.variants import row_labels
from harness.phrasing import counted

CELL_COLUMNS = ["dataset", "category", "seed"]
"""Records that agree in these are measurements of the same cell by different methods."""

SAME_COLUMNS = ("protocol", "split", "limit", "regime", "data_fingerprint")
"""They compare only if they agree in these too."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Side:
    """One row of a leaderboard, on one side of a comparison."""

    label: str
    records: pd.DataFrame = field(repr=False)
    """The row's records, failures included."""
    image_scores: ImageScoresOf = field(repr=False)

    @classmethod
    def of(cls, frame: pd.DataFrame, row: str, image_scores: ImageScoresOf, *, label: str | None = None) -> "Side":
        """Find a row.

        Args:
            frame: Records as ``select`` returns them.
            row: A label as the tables print it, e.g. ``mfrnet [k=3]``, or a method for its newest variant.
            image_scores: Of the store that the records are from.
            label: What to call the row instead.

        Raises:
            UnknownNameError: No row and no method is called so.
            StoreError: The row's records do not compare (see ``check_comparable``).
        """
        labels = row_labels(frame)
        records = frame[labels == row]
        if records.empty:
            records = newest_variant(frame[frame["method"] == row])
        if records.empty:
            raise UnknownNameError.of("row", row, labels.unique())
        check_comparable(records)
        return cls(label=label or row, records=records, image_scores=image_scores)


@dataclass(frozen=True, kw_only=True, eq=False)
class CommonCells:
    """The finished cells that both sides have, one a row of ``frame``."""

    frame: pd.DataFrame
    """``CELL_COLUMNS``, in their order, and with the endings ``_a`` and ``_b`` the columns of the records."""
    left_out: tuple[str, ...]
    """What only one side has, one line a reason."""


def common_cells(a: Side, b: Side) -> CommonCells:
    """Match the records of two rows by data set, category and seed.

    Raises:
        StoreError: Both sides have a cell, but under another protocol, from another state of the data, without
            other images or otherwise not comparably; or they have no finished cell in common.
    """
    merged = a.records.merge(
        b.records, on=CELL_COLUMNS, how="outer", suffixes=("_a", "_b"), indicator="have", validate="one_to_one"
    )
    _check_same(merged[merged["have"] == "both"], a, b)
    ok_a, ok_b = (merged[f"status_{side}"].eq("ok") for side in "ab")
    reasons = {
        f"only {a.label} has them": merged["have"] == "left_only",
        f"only {b.label} has them": merged["have"] == "right_only",
        f"failed for {a.label}": (merged["have"] == "both") & ~ok_a & ok_b,
        f"failed for {b.label}": (merged["have"] == "both") & ok_a & ~ok_b,
        "failed for both": (merged["have"] == "both") & ~ok_a & ~ok_b,
    }
    left_out = tuple(
        f"left out, {reason}: {counted_cells(merged[chosen])}" for reason, chosen in reasons.items() if chosen.any()
    )
    common = merged[ok_a & ok_b]
    _check_same_images(common, a, b)
    if common.empty:
        raise StoreError(
            f"{a.label} and {b.label} have no finished cell in common ({'; '.join(left_out)}). "
            "Expected records of the same categories and seeds."
        )
    return CommonCells(frame=common.sort_values(CELL_COLUMNS, ignore_index=True), left_out=left_out)


def counted_cells(frame: pd.DataFrame) -> str:
    """For people: ``3 cells (demo/gear seeds 0, 1, demo/tile seed 0)``."""
    cells = frame[CELL_COLUMNS].sort_values(CELL_COLUMNS).itertuples(index=False, name=None)
    named = [(f"{dataset}/{category}", seed) for dataset, category, seed in cells]
    return f"{counted(len(named), 'cell')} ({cells_text(named)})"


def _check_same(both: pd.DataFrame, a: Side, b: Side) -> None:
    for column in SAME_COLUMNS:
        # Null is a value here: a record without a limit does not compare with one that has a limit.
        of_a, of_b = (
            both[f"{column}_{side}"].astype(object).where(both[f"{column}_{side}"].notna(), "none") for side in "ab"
        )
        differing = both[of_a != of_b]
        if differing.empty:
            continue
        what = column.replace("_", " ")
        raise StoreError(
            f"{a.label} and {b.label} do not compare on {counted_cells(differing)}: {what} "
            f"{of_a[differing.index[0]]} against {of_b[differing.index[0]]}. Expected cells of one {what}: "
            "choose with --protocol, --split, --limit, --regime, --categories or --seeds, or run one side again."
        )


def _check_same_images(common: pd.DataFrame, a: Side, b: Side) -> None:
    differing = common[common["unreadable_ids_a"] != common["unreadable_ids_b"]]
    if differing.empty:
        return
    first = differing.iloc[0]
    without = " against ".join(first[f"unreadable_ids_{side}"] or "none" for side in "ab")
    raise StoreError(
        f"{a.label} and {b.label} do not compare on {counted_cells(differing)}: they left out different images as "
        f"unreadable, {without}. {RUN_ALIKE}"
    )
