"""A fleet's worker: the train function of one Ray Train worker process."""

from dataclasses import dataclass
from typing import Any

from harness.cells.outcome import CellWork
from harness.execution.worker import serve_cells


@dataclass(frozen=True, kw_only=True)
class WorkerTask:
    """Everything a worker is sent."""

    queue: Any
    """Handle of the queue actor."""
    work: CellWork
    num_threads: int


def train(config: dict[str, WorkerTask]) -> None:
    """Run cells until the queue has no more for this worker.

    Args:
        config: The task under ``"task"``; Ray Train passes a dictionary.
    """
    import torch
    from ray.train import get_context

    task = config["task"]
    torch.set_num_threads(task.num_threads)
    serve_cells(_Actor(task.queue), get_context().get_world_rank(), task.work)


class _Actor:
    """The way to an actor, as ``worker.Link`` says."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    def ask(self, call: str, *arguments: Any) -> Any:
        import ray

        return ray.get(getattr(self._handle, call).remote(*arguments))

    def tell(self, call: str, *arguments: Any) -> None:
        getattr(self._handle, call).remote(*arguments)
