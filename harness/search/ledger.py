"""The Optuna study of a search: asks it for points, tells it the results, reads the trials back.

The journal file is the only copy of a search. Every change is on disk before the call returns: about 25 ms
of CPU time a trial of twelve parameters, and the waits for the disk (`benchmarks/search_speed.py`).

Ray Tune's own bridge, OptunaSearch, is not used: it stores a pruned trial as complete, leaves a trial
without a finite objective running for ever, and cannot continue a study after a crash.
"""

import hashlib
import math
import os
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, Trial, TrialState

from harness.errors import StoreError
from harness.search.trials import INTERRUPTED, TrialRecord, TrialReport
from harness.search.trials import TrialState as RecordState
from harness.spaces import SearchSpace

STUDY_FILE = "study.journal"
_NUM_RANDOM = 10
"""Random trials before the sampler uses earlier results; Optuna's default."""
_NUM_BEFORE_PRUNING = 5
_LAST_LOOK, _ERROR, _POINT = "last_look", "error", "point"
"""User attributes of a trial: its last report without the objectives, why it failed, and the point that was
chosen for it (the default, or the point of an interrupted trial)."""
_STATES: dict[TrialState, RecordState] = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A trial that is to be run."""

    number: int
    settings: Mapping[str, Any]


@dataclass
class _Running:
    trial: Trial
    clock: float
    last: TrialReport | None = None


class Ledger:
    """The study of one search. It lives in the driver; workers do not see it.

    The caller holds the lock of the search folder (``locked``): one process at a time writes a study.
    """

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
        on_end: Callable[[TrialRecord], None] = lambda record: None,
    ) -> None:
        """Open the study in ``folder``, or create it.

        Trials that an earlier process left running are closed as failed, and their points are tried again first.

        Args:
            folder: Folder of the search; exists.
            space: Parameters, objectives and their directions.
            default: Settings of the first point.
            name: Name of the study.
            seed: Decides all points, given the results of the earlier ones.
            num_trials: Number of trials in the end, failed ones included.
            seconds: No trial starts later than this after now.
            on_end: Called with the record of each trial that ends.

        Raises:
            StoreError: The study cannot be read or written.
        """
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._space, self._seed, self._num_trials, self._on_end = space, seed, num_trials, on_end
        self._deadline = None if seconds is None else time.monotonic() + seconds
        self._file = folder / STUDY_FILE
        self._running: dict[int, _Running] = {}
        with _as_store_error(self._file):
            self.study = _opened(self._file, name, space)
            again = self._close_stale()
            trials = self.study.get_trials(deepcopy=False)
            self._num_asked = sum(trial.state != TrialState.WAITING for trial in trials)
            if not trials:
                again = [space.point_of(default)]
            for point in again[: self.num_left]:
                self.study.enqueue_trial(point, user_attrs={_POINT: point})

    @property
    def num_left(self) -> int:
        """Number of trials that may still be asked for."""
        return max(0, self._num_trials - self._num_asked)

    @property
    def records(self) -> list[TrialRecord]:
        """Records of all trials that have ended, by number."""
        ended = self.study.get_trials(deepcopy=False, states=tuple(_STATES))
        return [_record_of(trial, self._space) for trial in ended]

    def ask(self) -> Asked | None:
        """The next trial; None when all trials were asked for or the time is over."""
        if not self.num_left or (self._deadline is not None and time.monotonic() > self._deadline):
            return None
        with _as_store_error(self._file):
            self.study.sampler = self._sampler()
            trial = self.study.ask()
            settings = self._space.suggest(trial)
        self._num_asked += 1
        self._running[trial.number] = _Running(trial, time.perf_counter())
        return Asked(number=trial.number, settings=settings)

    def report(self, number: int, report: TrialReport) -> bool:
        """Store a report of a running trial.

        Returns:
            Whether the trial goes on. A trial that does not is closed in the study.
        """
        running = self._running[number]
        running.last = report
        if report.error is not None or report.values is None or not all(map(math.isfinite, report.values)):
            self.fail(number, report.error or _why_not(report.values))
            return False
        if report.is_final:
            self._end(number, TrialState.COMPLETE)
            return False
        (value,) = report.values  # a fidelity goes with one objective
        with _as_store_error(self._file):
            running.trial.report(value, report.step)
            if not running.trial.should_prune():
                return True
        self._end(number, TrialState.PRUNED)
        return False

    def fail(self, number: int, error: str) -> None:
        """Close a trial that ended without a final report; does nothing for a trial that is closed already."""
        if number in self._running:
            self._end(number, TrialState.FAIL, error)

    def fail_running(self) -> None:
        """Close all running trials because the search ends."""
        for number in tuple(self._running):
            self.fail(number, INTERRUPTED)

    def _end(self, number: int, state: TrialState, error: str | None = None) -> None:
        running = self._running.pop(number)
        look = running.last or TrialReport(step=0, values=None, is_final=True)
        last_look = {
            "metrics": look.metrics,
            "seconds": time.perf_counter() - running.clock,
            "feature_seconds": look.feature_seconds,
            "host": look.host,
        }
        with _as_store_error(self._file):
            running.trial.set_user_attr(_LAST_LOOK, last_look)
            if error is not None:
                running.trial.set_user_attr(_ERROR, error)
            # A pruned trial takes its value from its last report.
            values = look.values if state == TrialState.COMPLETE else None
            closed = self.study.tell(running.trial, values, state=state)
        self._on_end(_record_of(closed, self._space))

    def _close_stale(self) -> list[dict[str, Any]]:
        """Close trials that an earlier process left running, and return the points of all interrupted trials.

        A point that a later trial has tried is left out.
        """
        for trial in self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            self.study.tell(trial.number, state=TrialState.FAIL)
        trials = self.study.get_trials(deepcopy=False)
        points = [_point_of(trial) for trial in trials]
        return [
            point
            for trial, point in zip(trials, points, strict=True)
            if _is_interrupted(trial) and point and point not in points[trial.number + 1 :]
        ]

    def _sampler(self) -> optuna.samplers.BaseSampler:
        # A sampler that is kept between trials would draw other numbers after a restart than without one.
        digest = hashlib.sha256(f"{self._seed} {self._num_asked}".encode()).digest()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            return optuna.samplers.TPESampler(
                seed=int.from_bytes(digest[:4], "big"),
                multivariate=True,
                group=self._space.is_conditional,
                n_startup_trials=_NUM_RANDOM,
            )


def _opened(path: Path, name: str, space: SearchSpace) -> optuna.Study:
    _cut_torn_line(path)
    # A process that was killed while it wrote leaves Optuna's lock, for which the next one would wait 30 s.
    path.with_name(f"{path.name}.lock").unlink(missing_ok=True)
    study = optuna.create_study(
        storage=JournalStorage(JournalFileBackend(str(path))),
        study_name=name,
        directions=[goal.direction for goal in space.goals],
        pruner=optuna.pruners.MedianPruner(n_startup_trials=_NUM_BEFORE_PRUNING),
        load_if_exists=True,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        study.set_metric_names([goal.name for goal in space.goals])
    return study


def _record_of(trial: FrozenTrial, space: SearchSpace) -> TrialRecord:
    state = _STATES[trial.state]
    look = trial.user_attrs.get(_LAST_LOOK, {})
    interrupted = INTERRUPTED if state == "failed" else None
    return TrialRecord(
        number=trial.number,
        state=state,
        settings=space.settings_of(trial.params),
        values=None if state == "failed" else tuple(trial.values),
        metrics=look.get("metrics", {}),
        selection=space.objective.selection,
        error=trial.user_attrs.get(_ERROR, interrupted),
        seconds=look.get("seconds", 0.0),
    )


def _is_interrupted(trial: FrozenTrial) -> bool:
    return trial.state == TrialState.FAIL and trial.user_attrs.get(_ERROR, INTERRUPTED) == INTERRUPTED


def _point_of(trial: FrozenTrial) -> dict[str, Any]:
    # A trial that waits, or was killed while it started, does not have all its parameters yet.
    point: dict[str, Any] = trial.user_attrs.get(_POINT, trial.params)
    return point


def _why_not(values: tuple[float, ...] | None) -> str:
    return "the objective is missing" if values is None else f"the objective is {', '.join(map(str, values))}"


def _cut_torn_line(path: Path) -> None:
    """Remove a line that was written in part, by a killed process or to a full disk: Optuna would refuse the file once
    another follows.
    """
    if not path.is_file():
        return
    content = path.read_bytes()
    if content and not content.endswith(b"\n"):
        # In place: no moment at which the file lacks more, and no need of room on the disk.
        os.truncate(path, content.rfind(b"\n") + 1)


@contextmanager
def _as_store_error(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        with suppress(OSError):
            _cut_torn_line(path)  # of this process, which may still note how its running trials ended
        raise StoreError(f"{path.parent}: the study cannot be read or written: {error.strerror or error}.") from error
