"""A whole search space. Pure: no disk, no Optuna, no method."""

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from harness.metrics.catalogue import BUILT_IN_NAMES, find_metric, metric_title
from harness.spaces.parameters import FloatParameter, IntParameter, Parameter

if TYPE_CHECKING:
    from optuna import Trial

Selection = Literal["synthetic", "validation", "oracle"]
"""Images that trials are judged on: held-out normal training images with made defects; a part of the test images,
which is left out of all scores afterwards; or all test images."""
SELECTIONS: tuple[Selection, ...] = get_args(Selection)
Direction = Literal["maximize", "minimize"]

COST_METRICS = ("latency_p50_seconds", "batch_latency_p50_seconds", "fit_seconds", "num_parameters", "size_bytes")
"""What an objective may minimise."""
QUALITY_METRICS = tuple(name for name in BUILT_IN_NAMES if find_metric(name).needs in ("scores", "masks"))
"""What an objective may maximise. Generated defects have neither the thresholds of sPRO nor parts of several views,
and a search sets no threshold."""


class Goal(BaseModel):
    """One objective: a mean of metrics, and whether more of it is better."""

    model_config = ConfigDict(frozen=True)

    metrics: tuple[str, ...]
    direction: Direction

    @property
    def name(self) -> str:
        """For headings and axes."""
        titles = [metric_title(name) if name in QUALITY_METRICS else name.replace("_", " ") for name in self.metrics]
        return titles[0] if len(titles) == 1 else f"mean of {', '.join(titles)}"

    @property
    def is_cost(self) -> bool:
        """Whether it is a cost and not a fraction in [0, 1]."""
        return self.metrics[0] in COST_METRICS

    def value(self, metrics: Mapping[str, float | None]) -> float | None:
        """The objective from the metrics; None where one of them is missing."""
        values = [metrics.get(name) for name in self.metrics]
        known = [value for value in values if value is not None]
        return sum(known) / len(known) if len(known) == len(values) else None


class Objective(BaseModel):
    """``[objective]``: the metrics whose mean is the objective; a list of such lists for several objectives."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    metrics: tuple[str, ...] | tuple[tuple[str, ...], ...]
    direction: Direction | tuple[Direction, ...] = "maximize"
    selection: Selection = "synthetic"

    @field_validator("metrics")
    @classmethod
    def _known(cls, metrics: Any) -> Any:
        groups = metrics if metrics and isinstance(metrics[0], tuple) else (metrics,)
        for group in groups:
            if not group:
                raise ValueError("expected at least one metric for each objective")
            for name in group:
                if name not in (*QUALITY_METRICS, *COST_METRICS):
                    raise ValueError(f"unknown metric {name!r}; known: {', '.join((*QUALITY_METRICS, *COST_METRICS))}")
            if len(group) > 1 and any(name in COST_METRICS for name in group):
                raise ValueError(f"expected each cost as an objective of its own, got a mean of {', '.join(group)}")
        return metrics

    @model_validator(mode="after")
    def _matching(self) -> "Objective":
        several = isinstance(self.metrics[0], tuple)
        if several != isinstance(self.direction, tuple) or (several and len(self.metrics) != len(self.direction)):
            raise ValueError(
                "[objective], direction: expected one word for a list of metrics, several words for several lists"
            )
        for goal in self.goals:
            right = "minimize" if goal.is_cost else "maximize"
            if goal.direction != right:
                raise ValueError(
                    f"[objective], direction: expected {right} for {goal.metrics[0]}, got {goal.direction}"
                )
        return self

    @property
    def goals(self) -> tuple[Goal, ...]:
        """The objectives, in order."""
        if isinstance(self.direction, str):
            return (Goal(metrics=self.metrics, direction=self.direction),)
        pairs = zip(self.metrics, self.direction, strict=True)
        return tuple(Goal(metrics=metrics, direction=direction) for metrics, direction in pairs)


class Fidelity(BaseModel):
    """``[budget.fidelity]``: cheaper looks at a trial before the full one.

    A trial is fitted at each share of the setting in turn, from the start each time, and is pruned where
    its objective is below the median of the earlier trials at the same share.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    setting: str
    """A whole number that decides how long fitting takes, e.g. ``steps``."""
    shares: Annotated[tuple[Annotated[float, Field(gt=0, lt=1)], ...], Field(min_length=1)]
    """Shares of it, rising; the whole follows by itself."""

    @field_validator("shares")
    @classmethod
    def _rising(cls, shares: tuple[float, ...]) -> tuple[float, ...]:
        if sorted(set(shares)) != list(shares):
            raise ValueError("expected rising shares, each once")
        return shares


class Budget(BaseModel):
    """``[budget]``: when the search ends. Flags replace its values."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    trials: Annotated[int, Field(ge=1, le=1_000_000)] = 30
    seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """No trial starts after this time; None for no limit."""
    fidelity: Fidelity | None = None


class SearchSpace(BaseModel):
    """Parameters of a search, its first point, its objectives and its budget."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    method: str
    objective: Objective
    budget: Budget = Budget()
    default: dict[str, Any] = Field(default_factory=dict)
    """The first point tried, parameter to value; empty for the method's own defaults."""
    fixed: dict[str, Any] = Field(default_factory=dict)
    """Settings that every trial shares, where they are not the method's defaults."""
    space: Annotated[dict[str, Parameter], Field(min_length=1)]

    @model_validator(mode="after")
    def _consistent(self) -> "SearchSpace":
        for name in self.fixed:
            if name in self.space:
                raise ValueError(f"[fixed], {name}: is searched in [space.{name}]; fix it or search it")
        for name, parameter in self.space.items():
            for other, values in parameter.when.items():
                _check_condition(name, other, values, self.space)
        try:
            tuple(self._sorter().static_order())
        except CycleError as error:
            raise ValueError(
                f"[space], when: expected no circular conditions, got {' needs '.join(error.args[1])}"
            ) from error
        fidelity = self.budget.fidelity
        if fidelity is not None:
            if len(self.goals) > 1:
                raise ValueError(f"[budget], fidelity: expected one objective, got {len(self.goals)}")
            if fidelity.setting in self.space:
                raise ValueError(f"[budget], fidelity: expected a setting that is not searched, got {fidelity.setting}")
        if self.default:
            self.point_of(self.default)
        return self

    @property
    def goals(self) -> tuple[Goal, ...]:
        """The objectives, in order."""
        return self.objective.goals

    @property
    def is_conditional(self) -> bool:
        """Whether trials differ in which parameters they have."""
        return any(parameter.when for parameter in self.space.values())

    def suggest(self, trial: "Trial") -> dict[str, Any]:
        """Let a trial choose a value for every parameter that it has.

        Returns:
            Settings by name.
        """
        chosen: dict[str, Any] = {}
        for name in self._sorter().static_order():
            if _holds(self.space[name].when, chosen):
                chosen[name] = self.space[name].suggest(name, trial)
        return chosen

    def point_of(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The point of the space that some settings are, as a trial holds it.

        Raises:
            ValueError: A setting is missing, unknown or outside the space; names its table.
        """
        for name in settings:
            if name not in self.space:
                raise ValueError(f"[default], {name}: there is no [space.{name}]")
        point: dict[str, Any] = {}
        for name in self._sorter().static_order():
            parameter = self.space[name]
            if not _holds(parameter.when, settings):
                continue
            if name not in settings:
                raise ValueError(f"[default], {name}: is missing; give a value for each parameter, or no [default]")
            try:
                point[name] = parameter.stored(settings[name])
            except ValueError as error:
                raise ValueError(f"[default], {name}: {error} (see [space.{name}])") from error
        return point

    def settings_of(self, point: Mapping[str, Any]) -> dict[str, Any]:
        """The settings that a point stands for; the inverse of ``point_of``."""
        return {name: self.space[name].setting(value) for name, value in point.items()}

    def _sorter(self) -> "TopologicalSorter[str]":
        return TopologicalSorter({name: parameter.when.keys() for name, parameter in self.space.items()})


def _holds(when: Mapping[str, tuple[Any, ...]], chosen: Mapping[str, Any]) -> bool:
    return all(other in chosen and chosen[other] in values for other, values in when.items())


def _check_condition(name: str, other: str, values: tuple[Any, ...], space: Mapping[str, Any]) -> None:
    where = f"[space.{name}], when"
    if other not in space:
        raise ValueError(f"{where}: there is no [space.{other}]")
    parameter = space[other]
    if isinstance(parameter, FloatParameter) or parameter.kind == "subset":
        raise ValueError(f"{where}: expected an int or a categorical, got {other} of kind {parameter.kind}")
    if not values:
        raise ValueError(f"{where}: expected at least one value of {other}")
    for value in values:
        try:
            parameter.stored(value)
        except ValueError as error:
            kind = "an int" if isinstance(parameter, IntParameter) else "a categorical"
            raise ValueError(f"{where}: {other} is {kind}; {error}") from error
