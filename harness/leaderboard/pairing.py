"""Which cells of two rows may be set against each other. Pure work on frames."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

import pandas as pd

from harness.errors import StoreError, UnknownNameError
from harness.leaderboard.intervals import ImageScoresOf
from harness.leaderboard.record_selection import check_comparable
from harness.leaderboard.variants import row_labels

CELL_COLUMNS = ["dataset", "category", "seed"]
"""Where two records agree in these they are two measurements of one thing..."""

SAME_COLUMNS = ("protocol", "split", "data_fingerprint")
"""...and comparable only if they agree in these too."""

_CELLS_NAMED = 5


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
            row: A label as the tables print it, e.g. ``mfrnet`` or ``mfrnet [k=3]``.
            image_scores: Of the store that the records are from.
            label: What to call the row instead.

        Raises:
            UnknownNameError: No row and no method is called so.
            StoreError: A method with several rows was named, or the row's records must not stand in one
                table (see ``select``).
        """
        labels = row_labels(frame)
        records = frame[labels == row]
        if records.empty:
            variants = sorted(labels[frame["method"] == row].unique())
            if not variants:
                raise UnknownNameError.of("row", row, labels.unique())
            shown = ", ".join(repr(str(variant)) for variant in variants)
            raise StoreError(
                f"{row!r} stands for {len(variants)} rows: {shown}. Name one, or choose the newest with --latest."
            )
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
        StoreError: Both sides have a cell, but under another protocol, from another state of the data or
            otherwise not comparably; or they have no finished cell in common.
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
        f"left out, {reason}: {cells_text(merged[chosen])}" for reason, chosen in reasons.items() if chosen.any()
    )
    common = merged[ok_a & ok_b]
    if common.empty:
        raise StoreError(
            f"{a.label} and {b.label} have no finished cell in common ({'; '.join(left_out)}). "
            "Right would be records of the same categories and seeds."
        )
    return CommonCells(frame=common.sort_values(CELL_COLUMNS, ignore_index=True), left_out=left_out)


def cells_text(frame: pd.DataFrame) -> str:
    """For people: ``3 cells (demo/gear seeds 0, 1, demo/tile seed 0)``."""
    cells = list(frame[CELL_COLUMNS].sort_values(CELL_COLUMNS).itertuples(index=False, name=None))
    named = [
        f"{dataset}/{category} seed{_plural(seeds)} {', '.join(map(str, seeds))}"
        for (dataset, category), seeds in (
            (name, [seed for _, _, seed in group])
            for name, group in groupby(cells[:_CELLS_NAMED], key=lambda cell: cell[:2])
        )
    ]
    rest = f" and {len(cells) - _CELLS_NAMED} more" if len(cells) > _CELLS_NAMED else ""
    return f"{len(cells)} cell{_plural(cells)} ({', '.join(named)}{rest})"


def _plural(things: Sequence[object]) -> str:
    return "" if len(things) == 1 else "s"


def _check_same(both: pd.DataFrame, a: Side, b: Side) -> None:
    for column in SAME_COLUMNS:
        differing = both[both[f"{column}_a"] != both[f"{column}_b"]]
        if differing.empty:
            continue
        first = differing.iloc[0]
        what = column.replace("_", " ")
        raise StoreError(
            f"{a.label} and {b.label} do not compare on {cells_text(differing)}: {what} "
            f"{first[f'{column}_a']} against {first[f'{column}_b']}. Right would be cells of one {what}; "
            "choose with --protocol, --split, --latest, --categories or --seeds, or run one side again."
        )
