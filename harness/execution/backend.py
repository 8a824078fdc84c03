"""What Ray Train is told about our workers: they share nothing, and who failed matters to us.

Imports Ray and torch; import it only inside a Ray session.
"""

# Ray ships no type stubs, so its classes are of type Any.
# mypy: disallow-subclassing-any=False

from dataclasses import dataclass
from typing import Any

from ray.exceptions import RayActorError
from ray.train import UserCallback
from ray.train.backend import Backend
from ray.train.torch import TorchConfig

from harness.errors import cause_of


class IndependentReplicas(Backend):
    """Workers without a process group, each replaceable alone.

    ``has_replica_groups`` is a developer API of Ray, made for TorchFT (ray pull requests 61475 and
    62651). A Ray that does not know it restarts the whole group, as with ``OneGroup``.
    """

    share_cuda_visible_devices = False
    has_replica_groups = True


class OneGroup(Backend):
    """Workers without a process group, restarted together when one of them dies."""

    share_cuda_visible_devices = False
    has_replica_groups = False


@dataclass
class IndependentReplicasConfig(TorchConfig):
    """Selects ``IndependentReplicas``; each worker still gets its own default CUDA device."""

    @property
    def backend_cls(self) -> type[Backend]:
        """Read by Ray Train."""
        return IndependentReplicas


@dataclass
class OneGroupConfig(TorchConfig):
    """Selects ``OneGroup``."""

    @property
    def backend_cls(self) -> type[Backend]:
        """Read by Ray Train."""
        return OneGroup


class FailureReporter(UserCallback):
    """Runs in Ray Train's controller and tells the queue which worker ended, and why.

    Without it the queue learns of a death when the replacement joins, 5 s later, or by silence.
    """

    def __init__(self, queue: Any) -> None:
        """Args:
        queue: Handle of the queue actor.
        """
        self._queue = queue

    def after_exception(self, run_context: Any, worker_exceptions: dict[int, Exception]) -> None:
        """Called by Ray Train, with the world ranks that failed."""
        for rank, error in worker_exceptions.items():
            self._queue.worker_failed.remote(rank, _in_one_line(error))


def _in_one_line(error: Exception) -> str:
    # Ray Train wraps what it saw of the process in an error that names its own health check.
    seen = getattr(error, "health_check_failure", error)
    if isinstance(seen, RayActorError):
        return "its process ended (killed, out of memory or crashed)"
    return cause_of(seen)
