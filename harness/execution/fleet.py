"""One Ray Train run whose workers pull cells from one queue, over one machine or a cluster."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from harness.cells.outcome import CellWork
from harness.errors import cause_of
from harness.execution.driver import FleetDriver, FleetLimits
from harness.execution.events import FleetEvent
from harness.execution.queue import CellQueue, LeaseRules, News
from harness.execution.ray_worker import WorkerTask, train
from harness.execution.session import HERE, ray_session
from harness.execution.sizing import check_fit
from harness.execution.summary import FleetError, FleetSummary, RunInterrupted
from harness.plan import Cell

_ANSWER_SECONDS = 60


def run_fleet(
    cells: Sequence[Cell],
    work: CellWork,
    on_lost: Callable[[Cell, str], None],
    on_event: Callable[[FleetEvent], None],
    *,
    workers: int,
    cpus_per_worker: float,
    gpus_per_worker: float,
    address: str,
    log_dir: Path,
    max_attempts: int = 3,
    independent: bool = True,
    limits: FleetLimits | None = None,
) -> FleetSummary:
    """Run every cell once, on whatever worker is free, and survive the loss of workers.

    Args:
        cells: What to run, in the order in which it is handed out: longest first ends soonest.
        work: Runs a cell and writes its record; pickled, and called in the workers.
        on_lost: Called here for a cell whose attempts all ended its worker process, with the
            reason in one line; it writes the cell's failed record.
        on_event: Called here for everything that happens; ``on_lost`` comes before its ``CellLost``.
        workers: Worker processes, at least 1.
        cpus_per_worker: Cores of each; also its number of torch threads.
        gpus_per_worker: GPUs of each, 0 for none, a fraction to share one.
        address: A running cluster (``host:port`` or ``auto``); ``HERE`` starts one on this machine.
        log_dir: Where Ray's own output goes. Several nodes see the same path or each its own.
        max_attempts: How often a cell is tried before it is lost.
        independent: A dead worker is replaced alone. False restarts all workers when one dies:
            the fallback for a Ray without replica groups.
        limits: Bounds on waiting; the defaults are meant for real runs.

    Returns:
        The counts, once every cell has a record.

    Raises:
        SettingsError: This machine has fewer GPUs than the workers ask for.
        FleetError: No worker came up, or none was left and none came back.
        RunInterrupted: Ctrl-C. Everything has stopped; finished records are kept.
    """
    limits = limits or FleetLimits()
    driver = FleetDriver(len(cells), on_lost, on_event, limits)
    if not cells:
        return driver.summary()
    try:
        with ray_session(num_cpus=workers * cpus_per_worker, address=address, log_dir=log_dir):
            if address == HERE:
                check_gpus(workers, gpus_per_worker)
            queue = _QueueActor(cells, LeaseRules(max_attempts=max_attempts, silence_seconds=limits.silence_seconds))
            task = WorkerTask(queue=queue.handle, work=work, num_threads=max(1, int(cpus_per_worker)))
            make_trainer = _trainer_factory(
                task, workers, cpus_per_worker, gpus_per_worker, log_dir=log_dir.resolve(), independent=independent
            )
            driver.drive(queue, lambda: _Fit(make_trainer()), _offer)
    except KeyboardInterrupt:
        raise RunInterrupted(driver.summary()) from None
    return driver.summary()


class _Fit:
    """``fit()`` in a thread: it waits for ever for a node that is gone, and we must not."""

    def __init__(self, trainer: Any) -> None:
        self.error: BaseException | None = None
        self._trainer = trainer
        self._thread = threading.Thread(target=self._run, name="fit", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._trainer.fit()
        except BaseException as error:  # Ray raises SystemExit here when its cluster goes away.
            self.error = error

    @property
    def ended(self) -> bool:
        return not self._thread.is_alive()

    def wait(self, seconds: float) -> None:
        self._thread.join(seconds)


class _QueueActor:
    """The queue as its driver sees it. It lives on the driver's node, so that they end together."""

    def __init__(self, cells: Sequence[Cell], rules: LeaseRules) -> None:
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        self.handle = ray.remote(CellQueue).options(num_cpus=0, scheduling_strategy=here).remote(cells, rules)

    def poll(self) -> News:
        news: News = self._answer(self.handle.poll.remote())
        return news

    def lose_workers(self, reason: str) -> None:
        self._answer(self.handle.lose_workers.remote(reason))

    def _answer(self, reference: Any) -> Any:
        import ray

        try:
            return ray.get(reference, timeout=_ANSWER_SECONDS)
        except ray.exceptions.RayError as error:
            raise FleetError(f"The run's queue is gone: {cause_of(error)}") from error


def _offer() -> str:
    import ray

    has = ray.cluster_resources()
    return f"The cluster offers {has.get('CPU', 0):g} cores and {has.get('GPU', 0):g} GPUs in all."


def check_gpus(workers: int, gpus_per_worker: float) -> None:
    """Refuse more GPUs than the cluster has, which Ray would wait for without end. Needs a Ray session.

    Raises:
        SettingsError: There are too few.
    """
    import ray

    check_fit(workers, gpus_per_worker, ray.cluster_resources().get("GPU", 0))


def _trainer_factory(
    task: WorkerTask,
    workers: int,
    cpus_per_worker: float,
    gpus_per_worker: float,
    *,
    log_dir: Path,
    independent: bool,
) -> Callable[[], Any]:
    from ray.train import FailureConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchTrainer

    from harness.execution.backend import FailureReporter, IndependentReplicasConfig, OneGroupConfig

    resources = {"CPU": cpus_per_worker}
    if gpus_per_worker:
        resources["GPU"] = gpus_per_worker

    def make_trainer() -> Any:
        return TorchTrainer(
            train,
            train_loop_config={"task": task},
            torch_config=IndependentReplicasConfig() if independent else OneGroupConfig(),
            scaling_config=ScalingConfig(
                num_workers=workers, use_gpu=gpus_per_worker > 0, resources_per_worker=resources
            ),
            run_config=RunConfig(
                name="fleet",
                storage_path=str(log_dir / "ray_train"),
                # The queue counts attempts a cell; a count for the run would end it after some deaths.
                failure_config=FailureConfig(max_failures=-1),
                callbacks=[FailureReporter(task.queue)],
            ),
        )

    return make_trainer
