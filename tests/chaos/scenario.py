"""What happens in a scenario, all of it drawn from its seed."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from tests.chaos.faults import WRITES


@dataclass(frozen=True, kw_only=True)
class Strike:
    """A fault and its moment, which is counted in lines that the command has printed."""

    fault: str
    line: int
    """0 is its start. Of failing writes, the number of the first write that fails."""
    seed: int
    """Of what the fault draws."""
    delay_seconds: float
    """After the line."""
    number: int = 1
    """Of failing writes."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What runs, and what can hit it."""

    weight: int
    faults: tuple[str, ...]
    most_lines: int
    """About as many as an undisturbed command prints."""
    most_commands: int = 1
    """That run at once."""
    rounds: tuple[int, int] = (2, 4)
    """Fewest and most; Ray takes its time to start."""


_DRIVER = ("kill", "term", "int", "ctrl_c", "int_twice", "stop", "compacted", "kill")
_FILES = (*WRITES, "cache_removed", "image_replaced", "disk_full", "read_only")
_WORKERS = ("kill_worker", "kill_worker", "kill_workers", "stop_worker", "term_worker")
KINDS = {
    "in_process": Kind(weight=35, faults=(*_DRIVER, *_FILES), most_lines=48),
    "together": Kind(
        weight=15, faults=(*_DRIVER, *WRITES, "cache_removed", *["clock_jumped"] * 2), most_lines=30, most_commands=3
    ),
    "actors": Kind(
        weight=20,
        faults=(*_DRIVER, *_WORKERS, "kill_raylet", "stop_raylet", "kill_gcs", *WRITES, "cache_removed"),
        most_lines=45,
        rounds=(1, 2),
    ),
    "search": Kind(
        weight=12, faults=("kill", "kill", "term", "int", "stop", *WRITES, "disk_full", "read_only"), most_lines=9
    ),
    "searches": Kind(weight=3, faults=("kill", "stop"), most_lines=9, most_commands=2),
    "cluster": Kind(
        weight=5,
        faults=(*_DRIVER, *["kill_node"] * 4, *["kill_worker", "stop_worker"] * 2),
        most_lines=45,
        rounds=(1, 2),
    ),
    "s3": Kind(weight=10, faults=("kill", "term", "stop", *["trouble"] * 5), most_lines=48, most_commands=2),
}


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """Rounds of commands that are broken; what comes after the last one is the same command, unharmed."""

    seed: int
    kind: str
    rounds: tuple[tuple[tuple[Strike, ...], ...], ...]
    """Of each round its commands, which run at once, and of each command its strikes."""


def scenario_of(seed: int, kinds: Sequence[str] = tuple(KINDS)) -> Scenario:
    """The scenario of a seed.

    Args:
        seed: Decides everything.
        kinds: Those of ``KINDS`` that the seed chooses among.
    """
    rng = random.Random(seed)
    chosen = rng.choices(kinds, [KINDS[kind].weight for kind in kinds])[0]
    rounds = [
        tuple(_strikes(KINDS[chosen], rng) for _ in range(_num_commands(KINDS[chosen], rng)))
        for _ in range(rng.randint(*KINDS[chosen].rounds))
    ]
    return Scenario(seed=seed, kind=chosen, rounds=tuple(rounds))


def _num_commands(kind: Kind, rng: random.Random) -> int:
    return rng.randint(2, kind.most_commands) if kind.most_commands > 1 else 1


def _strikes(kind: Kind, rng: random.Random) -> tuple[Strike, ...]:
    strikes = [
        Strike(
            fault=rng.choice(kind.faults),
            # Earlier moments more often: a command that goes on has less to print.
            line=int(kind.most_lines * rng.random() ** 2),
            seed=rng.randrange(2**32),
            delay_seconds=rng.choice([0.0, rng.uniform(0, 0.3)]),
            number=rng.choice([1, 1, 2, 5]),
        )
        for _ in range(rng.randint(1, 3))
    ]
    return tuple(sorted(strikes, key=lambda strike: strike.line))
