"""One Ray session around a piece of work: environment, start in the background, quiet logs, end.

Nothing of Ray is imported before ``prepare_ray_environment`` has run, because Ray reads most of
these variables once, on import.
"""

import logging
import math
import os
import secrets
import signal
import socket
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

from harness import freed_memory, waiting_threads
from harness.errors import SettingsError
from harness.execution.interruption import deferred_interrupts
from harness.execution.sizing import Offer
from harness.execution.summary import ExecutionError

HERE = "local"
"""The address of a cluster that is started on this machine, as Ray has it."""

_SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
    # How soon a dead process of a sharded training is noticed; 2 s by default.
    "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "0.5",
    # By default a process that never reaches a barrier holds the others for ever.
    "RAY_TRAIN_COLLECTIVE_TIMEOUT_S": "1800",
    "RAY_TRAIN_METRICS_ENABLED": "0",
    # Workers keep the working directory, so that relative paths mean the same everywhere.
    "RAY_CHDIR_TO_TRIAL_DIR": "0",
    # The default of Ray from 2.61 on: whoever reaches a cluster's ports without the token is refused.
    "RAY_AUTH_MODE": "token",
}
_SETTINGS_HERE = {
    # Workers import torch while the plan is made, not when they are given their first cell.
    "RAY_preload_python_modules": "torch",
}
_CONNECT_SECONDS = 10
_DEFAULT_PORT = 6379


def prepare_ray_environment(address: str) -> None:
    """Set what Ray should see, wherever the user has not set it.

    Ray's ports listen on every interface, hence the token. For a cluster on this machine it is made for
    this process and its children, and no file ever holds it.

    Args:
        address: The cluster to join, whose token the user has; or ``HERE``.
    """
    waiting_threads.spin_briefly()
    settings = freed_memory.VARIABLES | _SETTINGS | (_SETTINGS_HERE if address == HERE else {})
    for name, value in settings.items():
        os.environ.setdefault(name, value)
    if address == HERE and os.environ["RAY_AUTH_MODE"] == "token" and "RAY_AUTH_TOKEN_PATH" not in os.environ:
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))


class RaySession:
    """A cluster that is started or joined in the background, while other work goes on."""

    def __init__(self, *, address: str, num_cpus: float, log_dir: Path, object_store_bytes: int = 256 * 2**20) -> None:
        """Begin, and return at once.

        Args:
            address: A cluster to join, ``host:port`` or ``auto``; ``HERE`` starts one on this machine.
            num_cpus: Cores that the work asks for. A cluster of our own offers as many, even where the
                machine has fewer: they are a promise about scheduling, not hardware.
            log_dir: Receives ``ray.log``, everything that Ray would print in this process.
            object_store_bytes: Shared memory of a cluster of our own; 256 MiB is enough for messages.

        Raises:
            SettingsError: No cluster answers at the address.
        """
        _check_address(address)
        prepare_ray_environment(address)
        self._address = address
        self._on_sigterm = signal.getsignal(signal.SIGTERM)
        self._error: BaseException | None = None
        self._surroundings = ExitStack()
        self._log = self._surroundings.enter_context(_ray_log(log_dir / "ray.log"))
        self._surroundings.enter_context(_without_ray_threads(self._log))
        self._options: dict[str, Any] = {"log_to_driver": False, "configure_logging": False}
        if address == HERE:
            self._options |= {"num_cpus": math.ceil(num_cpus), "include_dashboard": False}
            self._options["object_store_memory"] = object_store_bytes
        else:
            of_process = freed_memory.VARIABLES | waiting_threads.VARIABLES
            ours = {
                name: value for name, value in os.environ.items() if name.startswith("BENCH_") or name in of_process
            }
            self._options["runtime_env"] = {"env_vars": ours}
        self._is_up, self._is_over = threading.Event(), threading.Event()
        # A thread of its own, which lives as long as the cluster: the processes that Ray starts end with the
        # thread that started them. In the main thread Ray would also replace the handler of SIGTERM.
        self._thread = threading.Thread(target=self._live, name="ray_session", daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Return once the cluster is there, with the handler of SIGTERM as it was before.

        Raises:
            ExecutionError: It could not be started or joined.
        """
        if not self._is_up.wait(None if self._address == HERE else 3 * _CONNECT_SECONDS):
            raise ExecutionError(f"--address {self._address}: what listens there does not answer as a Ray cluster.")
        if self._error is not None:
            reason = " ".join(str(self._error).split())[:300]
            where = "Ray could not be started" if self._address == HERE else f"--address {self._address}"
            raise ExecutionError(f"{where}: {reason}") from self._error
        if self._on_sigterm is not None and threading.current_thread() is threading.main_thread():
            # Ray has put a handler of its own in place, which aborts the process.
            signal.signal(signal.SIGTERM, self._on_sigterm)

    def offer(self) -> Offer:
        """What the cluster has in all."""
        import ray

        has = ray.cluster_resources()
        return Offer(cores=has.get("CPU", 0.0), gpus=has.get("GPU", 0.0))

    def close(self) -> None:
        """Leave the cluster; one of our own ends.

        Raises:
            KeyboardInterrupt: Ctrl-C or SIGTERM meanwhile; the cluster has been left all the same.
        """
        # While Ray shuts down, whatever asks it for something ends the process: another Ctrl-C has to wait.
        with deferred_interrupts() as raise_if_interrupted:
            self._is_over.set()
            # A thread that still asks a silent address is left behind; it ends with this process.
            if self._address == HERE or self._is_up.is_set():
                self._thread.join()
            self._surroundings.close()
            raise_if_interrupted()

    def _live(self) -> None:
        try:
            import ray

            logger = logging.getLogger("ray")
            logger.handlers[:] = [self._log]  # Importing Ray adds a handler of its own.
            logger.setLevel(logging.ERROR)  # While ray.init goes on there is no handler, and Python prints warnings.
            assert not ray.is_initialized(), "one Ray session at a time in a process"
            # Without an address, Ray would join whatever cluster was last started here.
            ray.init(address=self._address, **self._options)
            logger.handlers[:] = [self._log]
            logger.setLevel(logging.INFO)
            logger.info("Session %s", ray.get_runtime_context().get_session_name())
        except BaseException as error:
            self._error = error
            # The user gets one line; what else is known is in the log.
            told = "Ray did not start"
            self._log.handle(logging.LogRecord("ray", logging.ERROR, __file__, 0, told, None, sys.exc_info()))
            self._is_up.set()
            return
        self._is_up.set()
        self._is_over.wait()
        ray.shutdown()


@contextmanager
def ray_session(
    *, num_cpus: float, address: str, log_dir: Path, object_store_bytes: int = 256 * 2**20
) -> Iterator[RaySession]:
    """Start or join a cluster, and leave it again whatever happens; see ``RaySession``.

    Raises:
        SettingsError: No cluster answers at the address.
        ExecutionError: The cluster could not be started or joined.
    """
    session = RaySession(address=address, num_cpus=num_cpus, log_dir=log_dir, object_store_bytes=object_store_bytes)
    try:
        session.wait()
        yield session
    finally:
        session.close()


def _check_address(address: str) -> None:
    """Refuse an address where nothing listens: Ray itself would try for minutes."""
    if address in (HERE, "auto"):
        return
    host, colon, port = address.rpartition(":")
    if "://" in address or (colon and not port.isdecimal()):
        raise SettingsError(f"--address {address}: expected HOST:PORT of a running Ray cluster, auto, or local.")
    try:
        socket.create_connection((host or address, int(port) if colon else _DEFAULT_PORT), _CONNECT_SECONDS).close()
    except OSError as error:
        reason = error.strerror or str(error)
        raise SettingsError(
            f"--address {address}: no Ray cluster answers there ({reason}); expected HOST:PORT of a running one "
            "('ray start --head' prints it)."
        ) from error


@contextmanager
def _ray_log(path: Path) -> Iterator[logging.Handler]:
    """Send Ray's log records of this process to a file, and drop its warnings."""
    path.parent.mkdir(parents=True, exist_ok=True)
    logger = logging.getLogger("ray")
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


@contextmanager
def _without_ray_threads(log: logging.Handler) -> Iterator[None]:
    """Log what Ray's threads of this process print on standard output, such as errors of other processes.

    ``log_to_driver=False`` does not cover them, and Ray has no setting that does.
    """
    shown = sys.stdout
    sys.stdout = _Divided(shown, log)
    try:
        yield
    finally:
        # Whoever replaced it meanwhile has put it back by now, or is done with it.
        with suppress(AttributeError):
            sys.stdout = shown


class _Divided:
    """A text stream that sends what Ray's threads write to a log, and everything else on."""

    def __init__(self, shown: TextIO, log: logging.Handler) -> None:
        self._shown, self._log = shown, log

    def write(self, text: str) -> int:
        if not threading.current_thread().name.startswith("ray_"):
            return self._shown.write(text)
        if text.strip():
            self._log.handle(logging.makeLogRecord({"name": "ray", "levelname": "WARNING", "msg": text.strip()}))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._shown, name)
