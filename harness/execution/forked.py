"""Worker processes of this machine, forked from one process that has imported what they need.

Starting a process costs milliseconds instead of the seconds that torch takes to import, and what was
imported is in memory once. The process that is forked from runs nothing but imports
(`harness.execution.preload`): it has no threads of work and no CUDA context.
"""

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from multiprocessing import connection as connections
from multiprocessing import forkserver
from pathlib import Path
from types import TracebackType
from typing import Any

from harness.environment import log_dir
from harness.errors import cause_of
from harness.execution.summary import FleetError

NAMES, LOG = "BENCH_PRELOAD", "BENCH_WORKER_LOG"
"""Environment variables of the process that is forked from: what it imports, and the file that it prints to."""
_PRELOAD = "harness.execution.preload"
_CONTEXT = multiprocessing.get_context("forkserver")
_STOP_SECONDS = 5.0
_names: list[str] = []


@cache
def log_file() -> Path:
    """Receives everything that workers and their imports print; one file as long as this process lives."""
    return log_dir() / "workers.log"


def begin_imports(names: Iterable[str] = ()) -> None:
    """Start the process that workers are forked from, which imports while this one goes on.

    Where it runs already, nothing happens.

    Args:
        names: Modules; and methods, as ``METHODS`` knows them. What cannot be imported is left for the
            worker that needs it.
    """
    _names[:] = names or _names
    _CONTEXT.set_forkserver_preload([_PRELOAD])
    before = dict(os.environ)
    os.environ.update({
        NAMES: " ".join(_names),
        LOG: str(log_file()),
        # Modules come from where they come from here, and not from whatever lies in the working directory.
        "PYTHONSAFEPATH": "1",
        "PYTHONPATH": os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path if entry),
        # Where it is not set, asking whether there is a GPU makes a process unfit to be forked.
        "PYTORCH_NVML_BASED_CUDA_CHECK": "1",
    })  # fmt: skip
    # Torch is told its number of threads in the worker; others read it once, when they are imported.
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    try:
        forkserver.ensure_running()
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)


class Pipe:
    """A worker's way to the driver, as ``worker.Link`` says."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    def ask(self, call: str, *arguments: Any) -> Any:
        """Call and wait for the answer."""
        with self._lock:
            self._connection.send((True, call, arguments))
            return self._connection.recv()

    def tell(self, call: str, *arguments: Any) -> None:
        """Call without waiting."""
        with self._lock:
            self._connection.send((False, call, arguments))


@dataclass
class _Worker:
    rank: int
    process: Any
    connection: Any
    is_talking: bool = True


class ForkedWorkers:
    """So many processes, each replaced when it ends before its work does; to be entered.

    Everything happens in the thread that calls ``wait``: workers are answered there and nowhere else.
    """

    error: BaseException | None = None
    """None: what ends a worker ends that worker alone."""

    def __init__(
        self,
        target: Callable[[Pipe, int], None],
        answer: Callable[[int, str, tuple[Any, ...]], Any],
        on_end: Callable[[int, str], None],
        *,
        num_threads: int,
        gpus: Sequence[str],
    ) -> None:
        """Args:
        target: What a worker does, given its pipe and its rank; pickled. Once it returns, the worker is
            not replaced.
        answer: Given the rank, the call and its arguments of a worker's question, returns the answer.
        on_end: Told the rank of a worker whose process ended early, and why; a new one follows.
        num_threads: Torch threads of each.
        gpus: For each worker the GPUs that it sees, as ``CUDA_VISIBLE_DEVICES`` has them.
        """
        self._target, self._answer, self._on_end = target, answer, on_end
        self._num_threads, self._gpus = num_threads, gpus
        self._workers: dict[int, _Worker] = {}

    def __enter__(self) -> "ForkedWorkers":
        try:
            for rank in range(len(self._gpus)):
                self._start(rank)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop()

    @property
    def ended(self) -> bool:
        """Whether every worker has returned."""
        return not self._workers

    def wait(self, seconds: float) -> None:
        """Answer workers for so long, or until every one has returned.

        Raises:
            FleetError: A process could not be started.
        """
        deadline = time.monotonic() + seconds
        while self._workers and (left := deadline - time.monotonic()) > 0:
            heard = {worker.connection: worker for worker in self._workers.values() if worker.is_talking}
            heard |= {worker.process.sentinel: worker for worker in self._workers.values()}
            ready = connections.wait(list(heard), left)
            for worker in {heard[each].rank: heard[each] for each in ready}.values():
                self._hear(worker)

    def _hear(self, worker: _Worker) -> None:
        # What it said before it ended counts, so this is asked first.
        has_ended = bool(connections.wait([worker.process.sentinel], 0))
        while (said := _next_from(worker)) is not None:
            wants_answer, call, arguments = said
            answer = self._answer(worker.rank, call, arguments)
            if wants_answer:
                with suppress(OSError):  # it may have ended meanwhile
                    worker.connection.send(answer)
        if has_ended:
            self._bury(worker)

    def _bury(self, worker: _Worker) -> None:
        worker.process.join()
        worker.connection.close()
        del self._workers[worker.rank]
        if worker.process.exitcode != 0:
            self._on_end(worker.rank, _why(worker.process.exitcode))
            self._start(worker.rank)

    def _start(self, rank: int) -> None:
        here, there = _CONTEXT.Pipe()
        process = _CONTEXT.Process(
            target=_serve,
            args=(there, dict(os.environ), self._num_threads, self._gpus[rank], self._target, rank),
            name=f"worker-{rank}",
        )
        try:
            begin_imports()  # again, where what workers are forked from has ended
            process.start()
        except (EOFError, OSError) as error:
            here.close()
            raise FleetError(f"A worker could not be started: {cause_of(error)}; {log_file()} may say why.") from error
        finally:
            there.close()
        self._workers[rank] = _Worker(rank, process, here)

    def _stop(self) -> None:
        for worker in self._workers.values():
            worker.process.terminate()
        for worker in self._workers.values():
            worker.process.join(_STOP_SECONDS)
            worker.process.kill()
            worker.process.join()
            worker.connection.close()
        self._workers.clear()


def _next_from(worker: _Worker) -> Any:
    """What a worker said next; None where there is nothing."""
    try:
        return worker.connection.recv() if worker.connection.poll() else None
    except (EOFError, OSError):
        worker.is_talking = False
        return None


def _serve(
    connection: Any,
    environment: dict[str, str],
    num_threads: int,
    gpus: str,
    target: Callable[[Pipe, int], None],
    rank: int,
) -> None:
    """All of a worker's life."""
    # Ctrl-C is the driver's to act upon, which then ends its workers; what they have in temporary folders goes.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    threading.Thread(target=_end_with_the_driver, name="watch", daemon=True).start()
    from harness.execution import preload

    os.environ.clear()
    os.environ.update({**preload.SET_BY_IMPORTS, **environment, "CUDA_VISIBLE_DEVICES": gpus})
    import torch

    torch.set_num_threads(num_threads)
    try:
        target(Pipe(connection), rank)
    except SystemExit:
        # Only a return says that the work is done.
        sys.exit(1)


def _end_with_the_driver() -> None:
    driver = multiprocessing.parent_process()
    assert driver is not None
    driver.join()
    os._exit(1)


def _why(exit_code: int) -> str:
    if exit_code == -signal.SIGKILL:
        return "its process ended (SIGKILL: killed, or out of memory)"
    if exit_code < 0:
        name = signal.Signals(-exit_code).name if -exit_code in {*signal.Signals} else f"signal {-exit_code}"
        return f"its process ended ({name})"
    return f"its process ended with exit code {exit_code}; {log_file()} may say why"
