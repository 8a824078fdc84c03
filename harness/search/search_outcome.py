"""Outcome of a search: the best trials, the default, and the importance of parameters. Pure."""

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.trial import TrialState

from harness.search.trials import TrialRecord, as_lists
from harness.spaces import Goal

_MIN_FOR_IMPORTANCE = 10
"""With fewer trials, importance depends mostly on where the sampler happened to look."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a search came to."""

    goals: tuple[Goal, ...]
    records: tuple[TrialRecord, ...]
    """By number."""
    front: tuple[TrialRecord, ...]
    """Complete trials that no other trial dominates, the best in the first objective first. With one objective
    this is the best trial alone; of several equal ones, the first."""
    default: TrialRecord | None
    """The trial at the first point; None where it failed."""

    @property
    def best(self) -> TrialRecord | None:
        """The winner: first of the front."""
        return self.front[0] if self.front else None

    @property
    def counts(self) -> dict[str, int]:
        """State to number of trials."""
        return dict(Counter(record.state for record in self.records))

    def best_first(self) -> list[TrialRecord]:
        """Complete trials by the first objective."""
        complete = [record for record in self.records if record.state == "complete"]
        return sorted(complete, key=lambda record: (_loss(self.goals, record)[0], record.number))


def outcome_of(goals: tuple[Goal, ...], records: Sequence[TrialRecord], default: Mapping[str, Any]) -> Outcome:
    """Find the best trials.

    Args:
        goals: The objectives.
        records: Of all trials.
        default: Settings of the first point.
    """
    complete = [record for record in records if record.state == "complete"]
    losses = {record.number: _loss(goals, record) for record in complete}
    front = [
        record for record in complete if not any(_dominates(other, losses[record.number]) for other in losses.values())
    ]
    front.sort(key=lambda record: (losses[record.number], record.number))
    same = [record for record in complete if as_lists(record.settings) == as_lists(default)]
    return Outcome(
        goals=goals,
        records=tuple(sorted(records, key=lambda record: record.number)),
        front=tuple(front[:1] if len(goals) == 1 else front),
        default=same[0] if same else None,
    )


def importances(study: optuna.Study, goal: int = 0) -> dict[str, float]:
    """How much each parameter decides whether a trial is among the best, by PED-ANOVA; fractions that add to 1.

    Source: Watanabe et al., "PED-ANOVA: efficiently quantifying hyperparameter importance in arbitrary
    subspaces" (IJCAI 2023).

    Args:
        study: Of the search.
        goal: Number of the objective.

    Returns:
        Parameter to importance, largest first; empty with fewer than ten complete trials.
    """
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if len(complete) < _MIN_FOR_IMPORTANCE:
        return {}
    # PED-ANOVA asks what leads to small values.
    sign = -1 if study.directions[goal] == optuna.study.StudyDirection.MAXIMIZE else 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        warnings.filterwarnings("ignore", message="PedAnovaImportanceEvaluator computes")
        found = optuna.importance.get_param_importances(
            study,
            evaluator=optuna.importance.PedAnovaImportanceEvaluator(),
            target=lambda trial: sign * trial.values[goal],
        )
    return dict(found)


def _loss(goals: tuple[Goal, ...], record: TrialRecord) -> tuple[float, ...]:
    assert record.values is not None, "a complete trial has values"
    return tuple(
        value if goal.direction == "minimize" else -value for goal, value in zip(goals, record.values, strict=True)
    )


def _dominates(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))
