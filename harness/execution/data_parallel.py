"""One cell trained by several processes under Ray Train, each with its GPU, as one process group.

The work itself is the same in every process; what is divided is up to the method, which sees the
process group through ``torch.distributed``. This module alone imports ``ray.train``.
"""

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from harness.cells.outcome import CellOutcome, CellProgress, CellWork
from harness.errors import cause_of
from harness.plan import Cell

_POLL_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True)
class ProcessResources:
    """What each process of a group has."""

    cpus: float
    gpus: float
    storage: str
    """Folder or URL that every node reaches; Ray Train leaves its own small state there."""


class DataParallelWork:
    """Carries out a cell's work in several processes at once; rank 0 writes the record."""

    def __init__(self, work: CellWork, processes: int, each: ProcessResources) -> None:
        """Args:
        work: What every process does.
        processes: How many, at least 2.
        each: What each of them has.
        """
        self._work, self._processes, self._each = work, processes, each

    def __call__(self, cell: Cell, report: Callable[[CellProgress], None]) -> CellOutcome:
        """Run the cell in a group of processes.

        Raises:
            RuntimeError: A process of the group ended, or its work raised; nothing was written.
        """
        from ray.train import FailureConfig, RunConfig, ScalingConfig, TrainingFailedError
        from ray.train.torch import TorchTrainer
        from ray.util.queue import Queue

        resources = {"CPU": self._each.cpus} | ({"GPU": self._each.gpus} if self._each.gpus else {})
        told = Queue(actor_options={"num_cpus": 0})
        trainer = TorchTrainer(
            _train,
            train_loop_config={"work": self._work, "cell": cell, "told": told, "cpus": self._each.cpus},
            scaling_config=ScalingConfig(
                num_workers=self._processes, use_gpu=self._each.gpus > 0, resources_per_worker=resources
            ),
            run_config=RunConfig(
                name=f"{cell.id}-{uuid.uuid4().hex[:8]}",
                storage_path=self._each.storage,
                # A lost process fails this attempt; whether there is another one is the run's decision.
                failure_config=FailureConfig(max_failures=0),
            ),
        )
        try:
            with _passed_on(told, report):
                result = trainer.fit()
        except TrainingFailedError as error:
            raise RuntimeError(_failures(error)) from error
        finally:
            told.shutdown()
        outcome = result.return_value
        assert isinstance(outcome, CellOutcome), "rank 0 returns what its work returned"
        return outcome

    def give_up(self, cell: Cell, reason: str) -> None:
        """Write the failed record."""
        self._work.give_up(cell, reason)

    def missing_here(self) -> tuple[str, ...]:
        """What this machine lacks."""
        return self._work.missing_here()

    def batch_size(self, cell: Cell) -> int:
        """Images of one training step."""
        return self._work.batch_size(cell)


def _train(config: dict[str, Any]) -> CellOutcome | None:
    """What each process of the group does."""
    import torch
    from ray.train import get_context
    from ray.train.torch import get_device

    torch.set_num_threads(max(1, int(config["cpus"])))
    device = get_device()
    if device.type == "cuda":
        torch.cuda.set_device(device)
    rank = get_context().get_world_rank()

    def report(progress: CellProgress) -> None:
        if rank == 0:
            config["told"].put(progress)

    outcome: CellOutcome = config["work"](config["cell"], report)
    return outcome if rank == 0 else None


@contextmanager
def _passed_on(told: Any, report: Callable[[CellProgress], None]) -> Iterator[None]:
    """Pass on what rank 0 tells while the training is waited for."""
    from ray.util.queue import Empty

    is_over = threading.Event()

    def listen() -> None:
        while not is_over.is_set():
            try:
                report(told.get(timeout=_POLL_SECONDS))
            except Empty:
                continue

    thread = threading.Thread(target=listen, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def _failures(error: Exception) -> str:
    """Which processes failed, and why, in one line; first those that ended, as the others fail because of them."""
    from ray.exceptions import RayActorError

    failures = getattr(error, "worker_failures", None)
    if not failures:
        return cause_of(error)
    # What was seen of the end of a process is inside an error that names Ray Train's own health check.
    seen = {rank: getattr(each, "health_check_failure", each) for rank, each in sorted(failures.items())}
    ended = [rank for rank, each in seen.items() if isinstance(each, RayActorError)]
    told = [f"process {rank} of the group ended (killed, out of memory or crashed)" for rank in ended]
    told += [f"process {rank} of the group: {cause_of(each)}" for rank, each in seen.items() if rank not in ended]
    return "; ".join(told)
