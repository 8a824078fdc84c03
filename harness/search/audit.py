"""Audit of a search: rank correlation between its objective and the test images.

An audit is made after the search and stored beside it; no search uses its result.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from harness.search.trials import TrialRecord
from harness.spaces import Goal

MIN_TRIALS = 4
"""A rank correlation needs at least this many trials to mean anything."""


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Rank correlation between two scores of the same trials in one category."""

    category: str
    """``dataset/category``."""
    numbers: tuple[int, ...]
    """Trials."""
    selected: tuple[float, ...]
    """The first objective in this category, as the search saw it."""
    tested: tuple[float, ...]
    """The same metrics on the test images."""
    correlation: float | None
    """Spearman's rho in [-1, 1]; None where one of the scores is the same for all trials."""
    p_value: float | None
    """Two-sided p-value of the hypothesis of no correlation."""


def sample_trials(records: Sequence[TrialRecord], count: int, seed: int) -> list[TrialRecord]:
    """Random complete trials, by number; the best ones alone would show too small a part of the order."""
    complete = [record for record in records if record.state == "complete"]
    order = np.random.default_rng(seed).permutation(len(complete))
    return sorted((complete[index] for index in order[:count]), key=lambda record: record.number)


def audit(
    goal: Goal,
    records: Sequence[TrialRecord],
    test: Callable[[Mapping[str, Any]], Mapping[str, Mapping[str, float | None]]],
) -> list[Agreement]:
    """Judge trials on test images and compare.

    Args:
        goal: The first objective.
        records: Complete trials.
        test: From a trial's settings to the metrics of each category on its test images.
    """
    tested = [test(record.settings) for record in records]
    agreements = []
    for category in records[0].metrics if records else ():
        pairs = [
            (record.number, goal.value(record.metrics[category]), goal.value(found[category]))
            for record, found in zip(records, tested, strict=True)
        ]
        known = [(number, one, other) for number, one, other in pairs if one is not None and other is not None]
        selected, on_test = [one for _, one, _ in known], [other for _, _, other in known]
        correlation = p_value = None
        if len(known) >= MIN_TRIALS and len(set(selected)) > 1 and len(set(on_test)) > 1:
            found_rho = spearmanr(selected, on_test)
            correlation, p_value = float(found_rho.statistic), float(found_rho.pvalue)
        agreements.append(
            Agreement(
                category=category,
                numbers=tuple(number for number, _, _ in known),
                selected=tuple(selected),
                tested=tuple(on_test),
                correlation=correlation,
                p_value=p_value,
            )
        )
    return agreements
