"""Plays a scenario: breaks the world round by round, mends it, and looks at what must hold."""

import os
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.chaos import invariants
from tests.chaos.command import Command
from tests.chaos.faults import FAULTS, WRITES
from tests.chaos.faulty_proxy import faulty_proxy
from tests.chaos.invariants import Finished
from tests.chaos.orphans import children, left_behind
from tests.chaos.scenario import Scenario, Strike
from tests.chaos.world import NUM_CELLS, NUM_TRIALS, World, new_world
from tests.support.object_store import object_store
from tests.support.raylets import raylets

_WRITES = "write"


@dataclass(kw_only=True)
class Played:
    """What came of a scenario."""

    scenario: Scenario
    fired: Counter[str] = field(default_factory=Counter)
    """Faults that met something to break."""
    breaches: list[str] = field(default_factory=list)
    """Of the invariants; empty if all hold."""
    log: list[str] = field(default_factory=list)
    """A line for each command."""
    seconds: float = 0.0


def play(scenario: Scenario) -> Played:
    """Play a scenario to its end."""
    played = Played(scenario=scenario)
    reference = _reference(_is_search(scenario))
    known = children()
    clock = time.monotonic()
    with ExitStack() as stack:
        world = stack.enter_context(new_world())
        stack.enter_context(_surroundings(scenario.kind, world))
        _Play(world, played, reference).all_rounds()
    played.breaches += [f"left behind: {each}" for each in left_behind(known)]
    played.seconds = time.monotonic() - clock
    return played


def _is_search(scenario: Scenario) -> bool:
    return scenario.kind.startswith("search")


@cache
def _reference(is_search: bool) -> Finished:
    """What an undisturbed command gives, in this process alone."""
    with new_world() as world:
        world.where = ("--concurrent", "1") if is_search else ("--workers", "0")
        command = Command(world.search if is_search else world.run(), world.environment)
        code = command.wait()
        found = _finished(world, is_search)
    assert code == 0, f"an undisturbed command ended with {code}: {command.errors}"
    assert len(found) == (NUM_TRIALS if is_search else NUM_CELLS)
    return found


def _finished(world: World, is_search: bool) -> Finished:
    return invariants.finished_trials(_study(world)) if is_search else invariants.finished_cells(world.store)


def _study(world: World) -> Path:
    return Path(world.results) / "searches" / "chaos"


@contextmanager
def _surroundings(kind: str, world: World) -> Iterator[None]:
    with ExitStack() as stack:
        world.where = ("--workers", "2" if kind == "actors" else "0")
        if kind.startswith("search"):
            world.where = ("--concurrent", "1")
        if kind == "cluster":
            before = dict(os.environ)
            stack.callback(_set_environment, before)
            os.environ.update(world.environment)
            world.cluster = stack.enter_context(raylets(2))
            world.where = ("--workers", "2", "--address", world.cluster.address)
        if kind == "s3":
            world.store = stack.enter_context(object_store())
            place = world.store.partition("endpoint_override=")[2].partition("&")[0]
            world.proxy, own = stack.enter_context(faulty_proxy(place.replace("%3A", ":")))
            world.results = world.store.replace(place, own.replace(":", "%3A"))
        yield


def _set_environment(environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)


class _Play:
    """One scenario in its world."""

    def __init__(self, world: World, played: Played, reference: Finished) -> None:
        self._world, self._played, self._reference = world, played, reference
        self._is_search = _is_search(played.scenario)
        self._known = children()
        self._before: Finished = {}
        self._most_executions = NUM_CELLS

    def all_rounds(self) -> None:
        for strikes in self._played.scenario.rounds:
            self._round(strikes)
        self._round(((),), is_last=True)

    def _round(self, strikes: Sequence[Sequence[Strike]], *, is_last: bool = False) -> None:
        world, breaches = self._world, self._played.breaches
        num_writes, self._num_fits = world.num_notes(_WRITES), world.num_notes("fit")
        arguments = world.search if self._is_search else world.run()
        if self._before.keys() >= self._reference.keys() and not is_last and not self._is_search:
            # All is done: records are replaced now, and whatever is cut off must leave the earlier ones.
            arguments = world.run("always")
            self._most_executions += NUM_CELLS * len(strikes)
        struck = [_Struck(world, each) for each in strikes]
        commands = [each.start(arguments) for each in struck]
        codes = [command.wait() for command in commands]
        world.mend()
        if world.proxy is not None:
            world.proxy.end_trouble()
        breaches += [f"left behind: {each}" for each in left_behind(self._known | self._cluster())]
        has_failed_writes = world.num_notes(_WRITES) > num_writes
        for each in struck:
            each.fired += [strike.fault for strike in each.of_writes[:1] if has_failed_writes]
            self._played.fired.update(each.fired)
        failed = {} if self._is_search else invariants.failed_cells(world.store)
        everywhere = [name for each in struck for name in each.fired if FAULTS[name].is_everywhere]
        for each, command, code in zip(struck, commands, codes, strict=True):
            met = [*each.fired, *everywhere]
            told = " ".join(command.errors.split())[-160:]
            self._played.log.append(f"{'+'.join(each.fired) or 'unharmed'}: exit code {code}. {told}")
            if self._is_refused(command, code) or (code == 1 and failed and not is_last):
                continue
            breaches += invariants.ended_wrongly(command, code, met, each.is_early)
        self._look(failed, is_last)

    def _look(self, failed: dict[str, str], is_last: bool) -> None:
        """Compare with what was there before, and with what an undisturbed command gives."""
        world, breaches = self._world, self._played.breaches
        now = _finished(world, self._is_search)
        breaches += invariants.lost(self._before, now)
        breaches += invariants.others(now, self._reference)
        self._before = now
        fired = [FAULTS[name] for name in self._played.fired]
        breaches += invariants.unnamed(failed, fired)
        if self._is_search:
            breaches += self._of_study(is_last)
            return
        if now or failed:
            breaches += invariants.damaged(world.store)
        most = self._most_executions + world.num_notes(_WRITES)
        most += sum(FAULTS[name].attempts * number for name, number in self._played.fired.items())
        if world.num_notes("fit") > most:
            breaches.append(f"{world.num_notes('fit')} executions; faults explain {most}")
        if is_last:
            breaches += [f"{name} is missing at the end" for name in self._reference if name not in now]
            breaches += [f"{name} is failed at the end: {error}" for name, error in failed.items()]
            # A run with nothing to do looks at no claims.
            claims = (Path(world.store) / "claims").glob("*") if world.num_notes("fit") > self._num_fits else ()
            breaches += [f"claim {path.name} is left" for path in claims]
        breaches += invariants.stale_scratch(world.scratch)

    def _of_study(self, is_last: bool) -> Iterator[str]:
        trials = invariants.trials(_study(self._world))
        if self._world.num_notes("fit") > NUM_TRIALS:
            yield f"{self._world.num_notes('fit')} executions of {NUM_TRIALS} trials"
        if is_last and sum(trial.state.is_finished() for trial in trials) != NUM_TRIALS:
            yield f"{[trial.state.name for trial in trials]} at the end, expected {NUM_TRIALS} that have ended"

    def _is_refused(self, command: Command, code: int | None) -> bool:
        """Whether a search is the second one, and says so in one line."""
        is_second = self._played.scenario.kind == "searches" and code == 2
        return is_second and command.errors.count("\n") == 1 and "is running in" in command.errors

    def _cluster(self) -> set[int]:
        """Processes of a cluster that outlives the commands; its workers must not."""
        if self._world.cluster is None:
            return set()
        return children()


class _Struck:
    """The strikes of one command."""

    def __init__(self, world: World, strikes: Sequence[Strike]) -> None:
        self._world = world
        self.of_writes = [strike for strike in strikes if strike.fault in WRITES]
        self._strikes = [strike for strike in strikes if strike.fault not in WRITES]
        self.fired: list[str] = []
        self.is_early = False

    def start(self, arguments: list[str]) -> Command:
        environment = self._world.environment
        for strike in self.of_writes[:1]:
            environment |= self._world.failing_writes(strike.fault, 1 + strike.line, strike.number)
        return Command(arguments, environment, self._on_line)

    def _on_line(self, command: Command, number: int) -> None:
        for strike in self._strikes:
            if strike.line == number:
                # Before the first line nothing is set up; moments of that time are all over it.
                time.sleep(strike.delay_seconds * (1 if number else 5))
                if FAULTS[strike.fault].act(command, self._world, random.Random(strike.seed)):
                    self.fired.append(strike.fault)
                    self.is_early |= number == 0
