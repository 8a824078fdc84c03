"""Which settings an ablation compares: pure, no disk and no clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from harness.plan import canonical_json

Change = Mapping[str, Any]
"""Setting to its value where it is not that of the base."""


@dataclass(frozen=True, kw_only=True)
class AblationStudy:
    """One method, some of its settings, and the values that each of them takes."""

    method: str
    base: Mapping[str, Any]
    """Every setting of the reference, resolved to JSON values."""
    factors: Mapping[str, tuple[Any, ...]]
    """Setting to its values, resolved likewise, in the order in which they were asked for."""
    is_crossed: bool
    """Every combination, not one factor at a time around the base."""
    controls: tuple[str, ...] = ()
    """Methods that stand beside the variants as they are."""

    def changes(self) -> tuple[Change, ...]:
        """What each variant changes of the base: nothing first, which is the reference; each variant once."""
        if self.is_crossed:
            asked = [dict(zip(self.factors, values, strict=True)) for values in product(*self.factors.values())]
        else:
            asked = [{name: value} for name, values in self.factors.items() for value in values]
        unique: dict[str, Change] = {}
        for change in [{}, *asked]:
            unique.setdefault(self.settings_json(change), change)
        return tuple(unique.values())

    def settings_json(self, change: Change) -> str:
        """The settings of a variant as its cells and records have them."""
        return canonical_json({**self.base, **change})

    def values_with_base(self, name: str) -> tuple[Any, ...]:
        """The values of a factor and the base's own, each once: numbers in their order, others with the base first."""
        values = [self.base[name], *self.factors[name]]
        unique = list({canonical_json(value): value for value in values}.values())
        if all(isinstance(value, int | float) and not isinstance(value, bool) for value in unique):
            unique.sort()
        return tuple(unique)
