"""The comparison of two rows of the leaderboard, also of two stores."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from harness.config import RecordFilter
from harness.environment import without_credentials
from harness.errors import BenchError, SettingsError
from harness.jobs.chosen_records import chosen_records, groups_in
from harness.leaderboard import Comparison, Side
from harness.leaderboard import compare as compare_rows

_MIN_RESAMPLES = 100


def compare(
    a: str,
    b: str,
    wanted: RecordFilter,
    *,
    metrics: Sequence[str] | None = None,
    num_resamples: int | None = None,
) -> Comparison:
    """Compare two rows on the cells that both have: differences, intervals, tests.

    Args:
        a: A row as the leaderboard shows it, or ``RESULTS::ROW`` for one of another store.
        b: The row it is compared with.
        wanted: Which records.
        metrics: Columns of records; None for the default ones.
        num_resamples: Resamples of the test images, at least 100; None for the default.

    Raises:
        BenchError: A row, name or number is wrong, or the rows have no comparable cells.
    """
    if num_resamples is not None and num_resamples < _MIN_RESAMPLES:
        raise SettingsError(f"--resamples: expected at least {_MIN_RESAMPLES}, got {num_resamples}.")
    if a == b:
        raise SettingsError(f"Expected two different rows, or RESULTS::ROW for one of another store, got {a!r} twice.")
    asked: dict[str, Any] = {}
    if metrics is not None:
        asked["metrics"] = tuple(metrics)
    if num_resamples is not None:
        asked["num_resamples"] = num_resamples
    (side_a, unseen_a), (side_b, unseen_b) = _side(a, wanted), _side(b, wanted)
    found = compare_rows(side_a, side_b, groups=groups_in(wanted.data, side_a.records), **asked)
    return replace(found, left_out=(*found.left_out, *(text for text in dict.fromkeys((unseen_a, unseen_b)) if text)))


def _side(text: str, wanted: RecordFilter) -> tuple[Side, str]:
    """The row, and which records of its store are not looked at."""
    url, elsewhere, row = text.partition("::")
    label = without_credentials(text)
    try:
        # All variants, so that a row of older settings can be named.
        chosen = chosen_records(
            wanted.model_copy(update={"results": url}) if elsewhere else wanted, all_variants=True, same_images=False
        )
        side = Side.of(chosen.frame, row if elsewhere else text, chosen.store.image_scores, label=label)
        return side, chosen.left_out
    except BenchError as error:
        if not elsewhere:
            raise
        raise type(error)(f"{without_credentials(url)}: {error}") from None
