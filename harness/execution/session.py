"""One Ray session around a piece of work: environment, start, quiet logs, end.

Nothing of Ray is imported before ``prepare_ray_environment`` has run, because Ray reads most of
these variables once, on import.
"""

import logging
import math
import os
import secrets
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
    # How soon a dead worker is noticed; 2 s by default.
    "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "0.5",
    # By default a worker that never reaches a barrier holds the others for ever.
    "RAY_TRAIN_COLLECTIVE_TIMEOUT_S": "1800",
    "RAY_TRAIN_METRICS_ENABLED": "0",
    # Workers keep the working directory, so that relative paths mean the same everywhere.
    "RAY_CHDIR_TO_TRIAL_DIR": "0",
}


HERE = "local"
"""The address of a cluster that is started on this machine, as Ray has it."""


def prepare_ray_environment(address: str) -> None:
    """Set what Ray should see, wherever the user has not set it.

    Args:
        address: The cluster to join; its own authentication applies. ``HERE`` starts a cluster of our
            own, whose ports listen on every interface: it gets token authentication with a token
            made for this process and its children, which no file ever holds.
    """
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    if address == HERE:
        os.environ.setdefault("RAY_AUTH_MODE", "token")
        if os.environ["RAY_AUTH_MODE"] == "token" and "RAY_AUTH_TOKEN_PATH" not in os.environ:
            os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))


@contextmanager
def ray_session(
    *,
    num_cpus: float,
    address: str,
    log_dir: Path,
    object_store_bytes: int = 256 * 2**20,
) -> Iterator[None]:
    """Start or join a cluster, and leave it again whatever happens.

    Args:
        num_cpus: Cores that the work asks for. A cluster of our own offers as many, even where the
            machine has fewer: they are a promise about scheduling, not hardware.
        address: A cluster to join, ``host:port`` or ``auto``; ``HERE`` starts one on this machine.
        log_dir: Receives ``ray.log``, everything that Ray would print in this process.
        object_store_bytes: Shared memory of a cluster of our own; 256 MiB is enough for messages.
    """
    prepare_ray_environment(address)
    import ray

    assert not ray.is_initialized(), "one Ray session at a time in a process"
    own_cluster = {
        "num_cpus": math.ceil(num_cpus) + 1,  # One spare: Ray Train's own actors ask for a core while they start.
        "include_dashboard": False,
        "object_store_memory": object_store_bytes,
    }
    logger = logging.getLogger("ray")
    with _ray_log(logger, log_dir / "ray.log") as file, _remote_errors_in(logger):
        try:
            ray.init(
                # Without an address, Ray would join whatever cluster was last started here.
                address=address,
                log_to_driver=False,
                configure_logging=False,
                **(own_cluster if address == HERE else {}),
            )
            logger.handlers[:] = [file]  # ray.init removes every handler.
            logger.info("Logs of all processes: %s", _session_logs())
            yield
        finally:
            ray.shutdown()


@contextmanager
def _remote_errors_in(logger: logging.Logger) -> Iterator[None]:
    """Log what Ray's listening thread would print: errors of other processes, on standard output.

    ``log_to_driver=False`` does not cover them. Where a Ray has no such function, they are printed.
    """
    import ray

    def log(data: dict[str, Any], **_: Any) -> None:
        for line in data["lines"]:
            logger.warning("%s", line)

    printed_by = ray._private.worker
    original = getattr(printed_by, "print_to_stdstream", log)
    printed_by.print_to_stdstream = log
    try:
        yield
    finally:
        printed_by.print_to_stdstream = original


def _session_logs() -> str:
    import ray

    return str(Path(ray._private.worker._global_node.get_logs_dir_path()))


@contextmanager
def _ray_log(logger: logging.Logger, path: Path) -> Iterator[logging.Handler]:
    """Send Ray's log records of this process to a file, and drop its warnings."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handlers, level = logger.handlers[:], logger.level
    file = logging.FileHandler(path, encoding="utf-8")
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger.handlers[:] = [file]
    logger.setLevel(logging.INFO)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="ray")
            yield file
    finally:
        logger.handlers[:] = handlers
        logger.setLevel(level)
        file.close()
