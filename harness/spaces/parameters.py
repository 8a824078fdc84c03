"""Kinds of parameters. A parameter gives the values that a setting may take, and why it is searched.

A trial holds numbers and words; a subset of layers is one word, e.g. ``2+3``.
"""

from itertools import combinations
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

if TYPE_CHECKING:
    from optuna import Trial

Scalar = bool | int | float | str
_MAX_ELEMENTS = 6
"""63 subsets; a search of some hundred trials could not tell more apart."""
_ROUNDING = 1e-9
_MAX_STEPS = 1_000_000
_Whole = Annotated[int, Field(ge=-(2**53), le=2**53)]
"""As far as a float, in which samplers compute, holds every whole number."""
_DIGITS = 4


class _Base(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    why: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    """Why the method may gain by it, and what is known of the bounds."""
    when: dict[str, tuple[Scalar, ...]] = Field(default_factory=dict)
    """Other parameters to the values under which this one is searched; otherwise the setting keeps its
    fixed or default value."""

    def setting(self, stored: Any) -> Any:
        """The setting that a trial's value stands for."""
        return stored


class _Number(_Base):
    low: float
    high: float
    log: bool = False
    """Whether values are drawn on a logarithmic scale."""
    step: float | None = None

    @model_validator(mode="after")
    def _check_bounds(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"low {self.low:g} is above high {self.high:g}")
        if self.low == self.high:
            raise ValueError(f"low and high are both {self.low:g}, which leaves nothing to search; use [fixed]")
        if self.log and self.low <= 0:
            raise ValueError(f"log = true needs a low above 0, got {self.low:g}")
        if self.log and "step" in self.model_fields_set:
            raise ValueError("log = true does not go with step")
        if "step" in self.model_fields_set and self.step and self.high - self.low > _MAX_STEPS * self.step:
            raise ValueError(f"step {self.step:g} gives more than a million values from {self.low:g} to {self.high:g}")
        return self

    def _check_inside(self, value: float) -> None:
        if not self.low <= value <= self.high:
            raise ValueError(f"expected {self.low:g} to {self.high:g}, got {value:g}")
        if self.step is not None:
            steps = (value - self.low) / self.step
            if abs(steps - round(steps)) > _ROUNDING:
                raise ValueError(f"expected {self.low:g} plus a multiple of {self.step:g}, got {value:g}")


class FloatParameter(_Number):
    """A real number."""

    kind: Literal["float"]
    step: Annotated[float, Field(gt=0)] | None = None

    def suggest(self, name: str, trial: "Trial") -> float:
        """Let a trial choose."""
        return self.setting(trial.suggest_float(name, self.low, self.high, step=self.step, log=self.log))

    def stored(self, value: Any) -> float:
        """The value as a trial holds it.

        Raises:
            ValueError: It is not in the space.
        """
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"expected a number, got {value!r}")
        self._check_inside(value)
        return float(value)

    def setting(self, stored: Any) -> float:
        """The value to four significant digits; more would be noise in a table."""
        return min(max(float(f"{stored:.{_DIGITS}g}"), self.low), self.high)


class IntParameter(_Number):
    """A whole number."""

    kind: Literal["int"]
    low: _Whole
    high: _Whole
    step: Annotated[int, Field(ge=1)] = 1

    @model_validator(mode="after")
    def _check_step(self) -> Self:
        if (self.high - self.low) % self.step:
            raise ValueError(f"high {self.high} is not low {self.low} plus a multiple of step {self.step}")
        return self

    def suggest(self, name: str, trial: "Trial") -> int:
        """Let a trial choose."""
        return trial.suggest_int(name, self.low, self.high, step=self.step, log=self.log)

    def stored(self, value: Any) -> int:
        """As for ``FloatParameter``."""
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(f"expected a whole number, got {value!r}")
        self._check_inside(value)
        return value


class CategoricalParameter(_Base):
    """One of some values without an order."""

    kind: Literal["categorical"]
    choices: Annotated[tuple[Scalar, ...], Field(min_length=2)]

    @field_validator("choices")
    @classmethod
    def _distinct(cls, choices: tuple[Scalar, ...]) -> tuple[Scalar, ...]:
        if len(set(choices)) != len(choices):
            raise ValueError("expected each choice once")
        return choices

    def suggest(self, name: str, trial: "Trial") -> Scalar:
        """Let a trial choose."""
        chosen: Any = trial.suggest_categorical(name, self.choices)
        return self.stored(chosen)

    def stored(self, value: Any) -> Scalar:
        """As for ``FloatParameter``."""
        for choice in self.choices:
            if choice == value and isinstance(choice, bool) == isinstance(value, bool):
                return choice
        raise ValueError(f"expected one of {', '.join(map(repr, self.choices))}, got {value!r}")


class SubsetParameter(_Base):
    """Some of several elements, in the order in which they are listed: which feature layers to use."""

    kind: Literal["subset"]
    of: Annotated[tuple[int | str, ...], Field(min_length=2, max_length=_MAX_ELEMENTS)]
    fewest: Annotated[int, Field(ge=1)] = 1

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        if len({str(element) for element in self.of}) != len(self.of):
            raise ValueError("of: expected each element once")
        if self.fewest >= len(self.of):
            raise ValueError(f"fewest {self.fewest} leaves nothing to choose among {len(self.of)} elements")
        return self

    @property
    def subsets(self) -> dict[str, tuple[int | str, ...]]:
        """The word of each subset, small subsets first."""
        sizes = range(self.fewest, len(self.of) + 1)
        return {_word(subset): subset for size in sizes for subset in combinations(self.of, size)}

    def suggest(self, name: str, trial: "Trial") -> tuple[int | str, ...]:
        """Let a trial choose."""
        return self.subsets[trial.suggest_categorical(name, tuple(self.subsets))]

    def stored(self, value: Any) -> str:
        """As for ``FloatParameter``; elements may come in any order."""
        if not isinstance(value, list | tuple):
            raise ValueError(f"expected a list, got {value!r}")
        word = _word(tuple(element for element in self.of if element in value))
        if word not in self.subsets or any(element not in self.of for element in value):
            raise ValueError(f"expected at least {self.fewest} of {list(self.of)!r}, got {list(value)!r}")
        return word

    def setting(self, stored: Any) -> tuple[int | str, ...]:
        """The elements of a subset's word."""
        return self.subsets[stored]


Parameter = Annotated[
    FloatParameter | IntParameter | CategoricalParameter | SubsetParameter, Field(discriminator="kind")
]


def _word(subset: tuple[int | str, ...]) -> str:
    return "+".join(map(str, subset))
