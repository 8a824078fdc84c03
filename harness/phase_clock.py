"""Where the time of a piece of work goes: phases that nest, in which every second is counted once."""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

DECODE, FEATURES, FIT, SCORE, METRICS, STORE, REST = (
    "decode", "features", "fit", "score", "metrics", "store", "rest",
)  # fmt: skip
PHASES = (DECODE, FEATURES, FIT, SCORE, METRICS, STORE, REST)
"""The phases of a cell."""


def _zeros() -> defaultdict[str, float]:
    return defaultdict(float)


@dataclass
class Span:
    """One pass through a phase; its times are known once it has ended."""

    name: str
    seconds: float = 0.0
    """From its start to its end."""
    seconds_of: defaultdict[str, float] = field(default_factory=_zeros)
    """Phase to its seconds in this span, without those of phases inside it; they add up to ``seconds``."""
    _whole_seconds_of: defaultdict[str, float] = field(default_factory=_zeros)

    def seconds_without(self, name: str) -> float:
        """Seconds outside of an inner phase, whatever else that phase holds."""
        return self.seconds - self._whole_seconds_of.get(name, 0.0)

    def _end(self, seconds: float) -> None:
        self.seconds = seconds
        self.seconds_of[self.name] += seconds - sum(self.seconds_of.values())

    def _take_in(self, inner: "Span") -> None:
        for name, seconds in inner.seconds_of.items():
            self.seconds_of[name] += seconds
        for name, seconds in (*inner._whole_seconds_of.items(), (inner.name, inner.seconds)):
            self._whole_seconds_of[name] += seconds


_CURRENT: ContextVar[Span | None] = ContextVar("phase", default=None)


@contextmanager
def phase(name: str) -> Iterator[Span]:
    """Time a block, and take it out of the phase that it is part of.

    A phase belongs to its thread: what other threads do meanwhile is not counted, and waiting for them is. A generator
    must not yield inside a phase. On a GPU, work counts where the program waits for it.

    Args:
        name: Any; ``PHASES`` for a cell.

    >>> with phase("fit") as fit:
    ...     with phase("features") as features:
    ...         pass
    >>> fit.seconds_without("features") == fit.seconds_of["fit"] == fit.seconds - features.seconds
    True
    """
    span, outer = Span(name), _CURRENT.get()
    token = _CURRENT.set(span)
    started = time.perf_counter()
    try:
        yield span
    finally:
        _CURRENT.reset(token)
        span._end(time.perf_counter() - started)
        if outer is not None:
            outer._take_in(span)
