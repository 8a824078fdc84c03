"""The study: asks for points, tells what came of them, and is on disk at every moment.

Sampling runs on a study in memory; each trial is written to Optuna's journal file when it starts and
when it ends. A study on SQLite alone writes a transaction a parameter, which costs more than all else
that a search adds to a trial (`benchmarks/search_speed.py`).

Why not OptunaSearch, Ray Tune's own bridge: it tells a pruned trial as complete with the value of its
first steps, leaves a trial whose objective is no number running for ever, and cannot go on with a study
after a crash.
"""

import hashlib
import math
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, Trial, TrialState

from harness.environment import now
from harness.errors import StoreError
from harness.search.trials import INTERRUPTED, TrialLog, TrialRecord, TrialReport
from harness.spaces import SearchSpace

STUDY_FILE = "study.journal"
TRIALS_FILE = "trials.jsonl"
_NUM_RANDOM = 10
"""Trials at random before the sampler has anything to go by; Optuna's default."""
_NUM_BEFORE_PRUNING = 5
_STATES: dict[str, TrialState] = {
    "complete": TrialState.COMPLETE,
    "pruned": TrialState.PRUNED,
    "failed": TrialState.FAIL,
}

TrialListener = Callable[[TrialRecord], None]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A trial that is to be run."""

    number: int
    settings: Mapping[str, Any]


@dataclass
class _Running:
    trial: Trial
    settings: dict[str, Any]
    stored_id: int
    started_at: str
    clock: float
    last: TrialReport | None = None


class Ledger:
    """One search's study and records. Lives in the driver; workers know nothing of it."""

    def __init__(
        self,
        folder: Path,
        space: SearchSpace,
        default: Mapping[str, Any],
        *,
        name: str,
        seed: int,
        num_trials: int,
        seconds: float | None = None,
        on_end: TrialListener = lambda record: None,
    ) -> None:
        """Open the study in ``folder``, or make it.

        Trials that an earlier process left running are closed: with their record where they have one,
        otherwise as failed, and their points are tried again first.

        Args:
            folder: Of the search; is there.
            space: What varies.
            default: Settings of the first point.
            name: Of the study.
            seed: Decides all points, given what came of the earlier ones.
            num_trials: Trials of the study in the end, failed ones included.
            seconds: No trial starts later than this after now.
            on_end: Told of every trial that ends.

        Raises:
            StoreError: The study cannot be read or written.
        """
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._space, self._seed, self._num_trials, self._on_end = space, seed, num_trials, on_end
        self._deadline = None if seconds is None else time.monotonic() + seconds
        self._log = TrialLog(folder / TRIALS_FILE)
        directions = [goal.direction for goal in space.goals]
        with _as_store_error(folder / STUDY_FILE):
            _cut_torn_line(folder / STUDY_FILE)
            self._storage = JournalStorage(JournalFileBackend(str(folder / STUDY_FILE)))
            stored = optuna.create_study(
                storage=self._storage, study_name=name, directions=directions, load_if_exists=True
            )
            _name_goals(stored, space)
            self._stored_id = stored._study_id
            again = self._close_stale()
            trials = stored.get_trials(deepcopy=False)
        # In memory, pruned by the median; the sampler is made anew for each trial.
        self.study = optuna.create_study(
            directions=directions,
            pruner=optuna.pruners.MedianPruner(n_startup_trials=_NUM_BEFORE_PRUNING),
        )
        _name_goals(self.study, space)
        self.study.add_trials(trials)
        self._num_asked = len(trials)
        self._running: dict[int, _Running] = {}
        if not trials:
            again = [space.point_of(default)]
        for point in again[: max(0, num_trials - len(trials))]:
            self.study.enqueue_trial(point)

    @property
    def num_left(self) -> int:
        """Trials that may still be asked for."""
        return max(0, self._num_trials - self._num_asked)

    @property
    def records(self) -> list[TrialRecord]:
        """Of every trial that has ended, by number."""
        return self._log.records()

    def ask(self) -> Asked | None:
        """The next trial; None once there have been enough, or the time is over."""
        if not self.num_left or (self._deadline is not None and time.monotonic() > self._deadline):
            return None
        self.study.sampler = self._sampler()
        trial = self.study.ask()
        assert trial.number == self._num_asked, "both studies number alike"
        settings = self._space.suggest(trial)
        frozen = self.study._storage.get_trial(trial._trial_id)
        with _as_store_error(self._log._path):
            stored_id = self._storage.create_new_trial(self._stored_id, template_trial=_without_system_attrs(frozen))
        self._num_asked += 1
        self._running[trial.number] = _Running(trial, settings, stored_id, now(), time.perf_counter())
        return Asked(number=trial.number, settings=settings)

    def report(self, number: int, report: TrialReport) -> bool:
        """Take note of a look at a running trial.

        Returns:
            Whether the trial goes on. A trial that does not has been told to the study.
        """
        running = self._running[number]
        if report.error is not None or not _is_finite(report.values):
            self._end(number, "failed", report, report.error or _why_not(report.values))
            return False
        running.last = report
        if report.is_final:
            self._end(number, "complete", report, None)
            return False
        assert report.values is not None
        (value,) = report.values  # a fidelity goes with one objective
        running.trial.report(value, report.step)
        self._storage.set_trial_intermediate_value(running.stored_id, report.step, value)
        if running.trial.should_prune():
            self._end(number, "pruned", report, None)
            return False
        return True

    def fail(self, number: int, error: str) -> None:
        """A running trial ended without a final report, and why."""
        if number in self._running:
            self._end(number, "failed", self._running[number].last, error)

    def fail_running(self) -> None:
        """Close what runs: the search ends here."""
        for number in tuple(self._running):
            self.fail(number, INTERRUPTED)

    def _end(self, number: int, state: Any, report: TrialReport | None, error: str | None) -> None:
        running = self._running.pop(number)
        values = None if state == "failed" or report is None else report.values
        intermediate = dict(self.study._storage.get_trial(running.trial._trial_id).intermediate_values)
        record = TrialRecord(
            number=number,
            state=state,
            settings=running.settings,
            values=values,
            intermediate=intermediate,
            metrics=report.metrics if report else {},
            selection=self._space.objective.selection,
            error=error,
            seconds=time.perf_counter() - running.clock,
            feature_seconds=report.feature_seconds if report else 0.0,
            host=report.host if report else "",
            started_at=running.started_at,
            finished_at=now(),
        )
        # The record first: a study whose trial has a record is closed with it, never the other way round.
        self._log.append(record)
        self._close(running.stored_id, record)
        if state == "pruned":
            self.study.tell(number, state=TrialState.PRUNED)
        else:
            self.study.tell(number, values=values, state=_STATES[state])
        self._on_end(record)

    def _close(self, stored_id: int, record: TrialRecord) -> None:
        with _as_store_error(self._log._path):
            if record.error is not None:
                self._storage.set_trial_user_attr(stored_id, "error", record.error)
            self._storage.set_trial_state_values(stored_id, _STATES[record.state], record.values)

    def _close_stale(self) -> list[dict[str, Any]]:
        """Close trials without an end; returns the points of those that had no record."""
        records = {record.number: record for record in self.records}
        again = []
        for trial in self._storage.get_all_trials(self._stored_id, states=(TrialState.RUNNING,)):
            record = records.get(trial.number)
            if record is None:
                again.append(trial.params)
                record = self._interrupted(trial)
                self._log.append(record)
            self._close(trial._trial_id, record)
        # A search that was stopped in good order has closed its trials, and their points are as open.
        closed = [record.number for record in records.values() if record.error == INTERRUPTED]
        trials = self._storage.get_all_trials(self._stored_id)
        return [*(trials[number].params for number in closed if not _was_tried_again(number, trials)), *again]

    def _interrupted(self, trial: FrozenTrial) -> TrialRecord:
        started = trial.datetime_start
        return TrialRecord(
            number=trial.number,
            state="failed",
            settings=self._space.settings_of(trial.params),
            values=None,
            intermediate=dict(trial.intermediate_values),
            metrics={},
            selection=self._space.objective.selection,
            error=INTERRUPTED,
            seconds=0.0,
            feature_seconds=0.0,
            host="",
            started_at=started.astimezone().isoformat() if started else now(),
            finished_at=now(),
        )

    def _sampler(self) -> optuna.samplers.BaseSampler:
        # A sampler that lived on would draw other numbers in a search that was killed than in one that was not.
        digest = hashlib.sha256(f"{self._seed} {self._num_asked}".encode()).digest()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            return optuna.samplers.TPESampler(
                seed=int.from_bytes(digest[:4], "big"),
                multivariate=True,
                group=self._space.is_conditional,
                n_startup_trials=_NUM_RANDOM,
            )


def _name_goals(study: optuna.Study, space: SearchSpace) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        study.set_metric_names([goal.name for goal in space.goals])


def _was_tried_again(number: int, trials: list[FrozenTrial]) -> bool:
    return any(trial.number > number and trial.params == trials[number].params for trial in trials)


def _without_system_attrs(trial: FrozenTrial) -> FrozenTrial:
    # Of the sampler's own: they say what it drew, which the parameters say as well.
    stripped = copy(trial)
    stripped.system_attrs = {}
    return stripped


def _is_finite(values: tuple[float, ...] | None) -> bool:
    return values is not None and all(math.isfinite(value) for value in values)


def _why_not(values: tuple[float, ...] | None) -> str:
    return "the objective is missing" if values is None else f"the objective is {', '.join(map(str, values))}"


def _cut_torn_line(path: Path) -> None:
    """Forget the line that a killed process was writing: Optuna would refuse the file once another follows."""
    if not path.is_file():
        return
    content = path.read_bytes()
    if content and not content.endswith(b"\n"):
        path.write_bytes(content[: content.rfind(b"\n") + 1])


@contextmanager
def _as_store_error(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(f"{path.parent}: the study cannot be read or written: {error.strerror or error}.") from error
