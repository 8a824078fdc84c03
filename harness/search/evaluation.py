"""From settings to objectives: one trial on all categories of a search. Knows neither Ray nor Optuna.

Shapes: B images, H x W pixels of the scoring resolution.
"""

import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any, Protocol

import numpy as np

from harness.cells.devices import resolve_device
from harness.cells.judging_costs import measure_judging
from harness.cells.masked_maps import with_masks
from harness.cells.opened_cell import image_sets
from harness.cells.scoring import maps_for, score_all
from harness.config import Protocol as MetricProtocol
from harness.config import build_settings
from harness.environment import host_name
from harness.errors import BenchError, cause_of
from harness.methods import METHODS
from harness.methods.base import MethodContext
from harness.methods.feature_cache import FeatureCache
from harness.methods.training_cache import TrainingCache
from harness.metrics import measure
from harness.phase_clock import FEATURES, FIT, phase
from harness.regimes import ONE_CLASS
from harness.search.judged_images import JudgedCategory
from harness.search.trials import TrialReport
from harness.spaces import Goal
from harness.spaces.space import COST_METRICS, Fidelity

WHOLE = 100
"""Percent of the fidelity at which a trial is fitted as its settings say."""
_MEASURED = {name for name in COST_METRICS if name not in ("fit_seconds", "num_parameters")}


class TrialWork(Protocol):
    """Runs a trial; pickled once a worker."""

    def __call__(self, settings: Mapping[str, Any]) -> Iterator[TrialReport]:
        """Look at a trial, cheaply first and wholly last; whoever iterates may stop.

        An exception is a report with an error, never an exception that leaves the iterator.
        """
        ...

    def missing_here(self) -> tuple[str, ...]:
        """What the trials need and this machine lacks, a clause each."""
        ...


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Fits a method on every category and judges it on the images of the selection.

    All trials share one seed: what differs between two of them is their settings.
    """

    method: str
    base_settings: Mapping[str, Any]
    """Settings that all trials share, beside the method's defaults."""
    goals: tuple[Goal, ...]
    fidelity: Fidelity | None
    categories: tuple[JudgedCategory, ...]
    protocol: MetricProtocol
    seed: int
    weights: Mapping[str, Path] = field(default_factory=dict)
    """Backbone to local weights."""
    device: str = "auto"

    def __call__(self, settings: Mapping[str, Any]) -> Iterator[TrialReport]:
        """See ``TrialWork``."""
        clock = time.perf_counter()
        features = FeatureCache()
        step = 0

        def report(**found: Any) -> TrialReport:
            return TrialReport(
                step=step,
                seconds=time.perf_counter() - clock,
                feature_seconds=features.seconds,
                host=host_name(),
                **found,
            )

        try:
            for share in (*(self.fidelity.shares if self.fidelity else ()), 1.0):
                step = round(WHOLE * share)
                metrics = {
                    category.name: self.judge(settings, category, features, share) for category in self.categories
                }
                yield report(values=objectives(self.goals, metrics), metrics=metrics, is_final=step == WHOLE)
        except Exception as error:
            logging.getLogger(__name__).info("A trial failed", exc_info=True)
            reason = str(error) if isinstance(error, BenchError) else cause_of(error)
            yield report(values=None, is_final=True, error=reason)

    def missing_here(self) -> tuple[str, ...]:
        """Images and weights that this machine does not have; one image stands for those of a category."""
        needed = list(self.weights.values())
        for category in self.categories:
            for part in (category.split.train, category.split.test):
                needed += [part[0].image] if part else []
        return tuple(f"there is no file {path}" for path in needed if not path.is_file())

    def judge(
        self, settings: Mapping[str, Any], category: JudgedCategory, features: FeatureCache, share: float = 1.0
    ) -> dict[str, float | None]:
        """Metrics of one fit on one category, and the costs that an objective names.

        Args:
            settings: Of the trial.
            category: Its images.
            features: Keeps their features.
            share: Of the setting that ``fidelity`` names; 1 for the whole.

        Raises:
            BenchError: The settings are wrong, or a file is.
            Exception: Whatever the method raises.
        """
        method_type = METHODS.get(self.method)
        resolved = build_settings(self.method, method_type.Settings, {**self.base_settings, **settings})
        method_type.check(resolved, category.size_px)
        train, test = image_sets(category.split, category.size_px, self.protocol, category.key)
        if self.fidelity is not None and share < 1:
            name = self.fidelity.setting
            whole = getattr(resolved, name)
            if name == "steps":
                # Those that a fit takes: few images can allow fewer than the setting.
                whole = method_type.num_steps(resolved, len(train), category.size_px, ONE_CLASS)
            resolved = replace(resolved, **{name: max(1, round(share * whole))})
        device = resolve_device(self.device)
        weights = self.weights.get(getattr(resolved, "backbone", ""))
        trainings = TrainingCache()
        context = MethodContext(seed=self.seed, device=device, weights=weights, features=features, trainings=trainings)
        method = method_type(resolved, context)
        with phase(FIT) as fit:
            method.fit(train, lambda done, total, loss: None)
        samples = category.split.test
        with maps_for(test) as maps:
            scores_B = score_all(method, test, self.protocol, maps, lambda progress: None)
            labels_B = np.array([sample.is_defect for sample in samples])
            with_truth = partial(with_masks, maps, samples, self.protocol) if category.has_masks else None
            measured = measure(scores_B, labels_B, with_truth)
        metrics = measured.metrics | {
            "fit_seconds": fit.seconds_without(FEATURES) + trainings.seconds,
            "num_parameters": float(method.num_parameters),
        }
        if _MEASURED & {name for goal in self.goals for name in goal.metrics}:
            # Runs the backbone on some images, which a search for quality alone never does again.
            costs = measure_judging(method, test, device)
            metrics["latency_p50_seconds"] = costs.latency_p50_seconds
            metrics["batch_latency_p50_seconds"] = costs.batch_latency_p50_seconds
            metrics["size_bytes"] = float(costs.size_bytes)
        return metrics


def objectives(goals: tuple[Goal, ...], metrics: Mapping[str, Mapping[str, float | None]]) -> tuple[float, ...] | None:
    """Each objective as the mean over categories; None where a metric is missing."""
    values: list[float] = []
    for goal in goals:
        of_category = [goal.value(found) for found in metrics.values()]
        known = [value for value in of_category if value is not None]
        if not known or len(known) != len(of_category):
            return None
        values.append(mean(known))
    return tuple(values)
