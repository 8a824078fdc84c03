"""Trials side by side under Ray Tune, on one machine or a cluster, in processes that are kept.

Ray Tune starts processes, hands out points and returns results. The ledger decides the points, whether a
trial goes on, and what is stored; Tune's own searcher state and result files are not used.
"""

# Ray ships no type stubs, so its classes are of type Any.
# mypy: disallow-subclassing-any=False

import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import cause_of
from harness.execution.node_check import check_nodes
from harness.execution.session import HERE, ray_session
from harness.execution.summary import ExecutionError
from harness.search.evaluation import TrialWork
from harness.search.ledger import Ledger
from harness.search.trials import TrialReport

if TYPE_CHECKING:
    from harness.execution.sizing import WorkerSize
_PROCESS_ENDED = "its process ended (killed, out of memory or crashed)"
_SETTINGS = {
    # Results are in the study; Tune would write more files for each trial.
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    # Ctrl-C is a KeyboardInterrupt here, as everywhere else.
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    # Tune's own state is never read again, so it is written once a day.
    "TUNE_GLOBAL_CHECKPOINT_S": "86400",
    # Tune warns that it cannot check a metric whose name it does not know.
    "TUNE_DISABLE_STRICT_METRIC_CHECKING": "1",
}


def search_with_tune(ledger: Ledger, work: TrialWork, size: "WorkerSize", address: str, log_dir: Path) -> None:
    """Run trials in worker processes until there are no more.

    A trial whose process ends is closed as failed, and the others go on.

    Args:
        ledger: Study of the search.
        work: Runs a trial; pickled.
        size: How many trials run at once, and the resources of each.
        address: A running cluster; ``local`` starts one on this machine.
        log_dir: Folder of Ray's own output.

    Raises:
        ExecutionError: A worker process could not be started; its trial has failed.
        SettingsError: A node of a cluster lacks images or weights; no trial was begun.
        KeyboardInterrupt: Ctrl-C; running trials are closed as failed.
    """
    if not ledger.num_left:
        return
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    num_cpus = size.workers * size.cpus_per_worker
    never_started: list[str] = []
    with ray_session(num_cpus=num_cpus, address=address, log_dir=log_dir):
        if address != HERE:
            check_nodes(work, size)
        try:
            _tuner(ledger, work, size, log_dir, never_started).fit()
        finally:
            ledger.fail_running()
    if never_started:
        raise ExecutionError(f"The workers could not be started: {never_started[0]}")


def _tuner(ledger: Ledger, work: TrialWork, size: "WorkerSize", log_dir: Path, never_started: list[str]) -> Any:
    from ray import cloudpickle, tune
    from ray.exceptions import RayActorError
    from ray.tune import CheckpointConfig, FailureConfig, RunConfig, TuneConfig
    from ray.tune.schedulers import FIFOScheduler, TrialScheduler
    from ray.tune.search import Searcher

    class PointSearcher(Searcher):
        """Passes the ledger's points to Tune, and tells the ledger of trials that end without a report."""

        def __init__(self) -> None:
            super().__init__()
            self.number_of: dict[str, int] = {}

        def suggest(self, trial_id: str) -> Any:
            asked = None if never_started else ledger.ask()
            if asked is None:
                return Searcher.FINISHED
            self.number_of[trial_id] = asked.number
            return {"number": asked.number, "settings": json.dumps(asked.settings)}

        def on_trial_complete(self, trial_id: str, result: Any = None, error: bool = False) -> None:
            # Does nothing for a trial that the ledger has closed already.
            ledger.fail(self.number_of[trial_id], "the trial ended without an objective")

        def save(self, checkpoint_path: str) -> None:
            """Does nothing: the study is on disk at every moment."""

        def restore(self, checkpoint_path: str) -> None:
            raise AssertionError("a search is continued from its study")

    searcher = PointSearcher()

    class LedgerScheduler(FIFOScheduler):
        """Ends a trial when the ledger says so."""

        def on_trial_result(self, controller: Any, trial: Any, result: dict[str, Any]) -> str:
            goes_on = ledger.report(searcher.number_of[trial.trial_id], _report_of(result["report"]))
            return str(TrialScheduler.CONTINUE if goes_on else TrialScheduler.STOP)

        def on_trial_error(self, controller: Any, trial: Any) -> None:
            file = Path(trial.pickled_error_file)
            error = cloudpickle.loads(file.read_bytes()) if file.is_file() else RuntimeError("Ray Tune gave no reason")
            if getattr(error, "actor_init_failed", False):
                # The trial is not the cause, and every other one would end the same way.
                never_started.append(cause_of(error))
            died = isinstance(error, RayActorError) and not never_started
            ledger.fail(searcher.number_of[trial.trial_id], _PROCESS_ENDED if died else cause_of(error))

    class PointTrainable(tune.Trainable):
        """One look at a trial a step. The process is kept from trial to trial."""

        def setup(self, config: dict[str, Any], work: TrialWork, num_threads: int) -> None:
            import torch

            torch.set_num_threads(num_threads)
            self._work = work
            self.reset_config(config)

        def reset_config(self, new_config: dict[str, Any]) -> bool:
            self._reports: Iterator[TrialReport] = iter(self._work(json.loads(new_config["settings"])))
            return True

        def step(self) -> dict[str, Any]:
            nothing = TrialReport(step=0, values=None, is_final=True, error="the trial ended without an objective")
            return {"report": json.dumps(asdict(next(self._reports, nothing)))}

    resources = {"CPU": size.cpus_per_worker, "GPU": size.gpus_per_worker}
    num_threads = max(1, int(size.cpus_per_worker))
    return tune.Tuner(
        tune.with_resources(
            tune.with_parameters(PointTrainable, work=work, num_threads=num_threads),
            {name: amount for name, amount in resources.items() if amount},
        ),
        tune_config=TuneConfig(
            search_alg=searcher,
            scheduler=LedgerScheduler(),
            num_samples=ledger.num_left,
            max_concurrent_trials=size.workers,
            reuse_actors=True,
            trial_dirname_creator=lambda trial: trial.trial_id,
        ),
        run_config=RunConfig(
            name=f"search-{os.getpid()}",
            storage_path=str(log_dir.resolve() / "ray_tune"),
            # A trial that ends its process is not tried again: its settings may be the cause.
            failure_config=FailureConfig(max_failures=0),
            # By default a class is asked for a checkpoint at the end of each trial.
            checkpoint_config=CheckpointConfig(checkpoint_at_end=False),
            verbose=0,
        ),
    )


def _report_of(text: str) -> TrialReport:
    values = json.loads(text)
    if values["values"] is not None:
        values["values"] = tuple(values["values"])
    return TrialReport(**values)
