"""Worker processes of this machine, forked from one process that has imported what they need.

Starting a process costs milliseconds instead of the seconds that torch takes to import, and what was
imported is in memory once. The process that is forked from runs nothing but imports: it has no threads of
work, no CUDA context and no open file of ours.
"""

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import connection as connections
from multiprocessing import forkserver
from pathlib import Path
from types import TracebackType
from typing import Any

from harness.environment import log_dir
from harness.execution import preload

_CONTEXT = multiprocessing.get_context("forkserver")
_STOP_SECONDS = 5.0


def log_file() -> Path:
    """Receives everything that workers and their imports print."""
    return log_dir() / "workers.log"


def begin_imports(names: Iterable[str], num_threads: int) -> None:
    """Start the process that workers are forked from, which imports while this one goes on.

    Where it runs already, nothing happens.

    Args:
        names: Modules; and methods, as ``METHODS`` knows them. What cannot be imported is left for the
            worker that needs it.
        num_threads: Of numeric libraries that ask for it once, when they are imported.
    """
    _CONTEXT.set_forkserver_preload([preload.__name__])
    before = dict(os.environ)
    os.environ[preload.VARIABLE] = " ".join(names)
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(variable, str(num_threads))
    try:
        with _output_in(log_file()):
            forkserver.ensure_running()
    finally:
        os.environ.clear()
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
    """So many processes, each replaced when it ends before its work does.

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
        begin_imports((), num_threads)
        self._workers = {rank: self._start(rank) for rank in range(len(gpus))}

    def __enter__(self) -> "ForkedWorkers":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for worker in self._workers.values():
            worker.process.terminate()
        for worker in self._workers.values():
            worker.process.join(_STOP_SECONDS)
            worker.process.kill()
            worker.process.join()
            worker.connection.close()
        self._workers.clear()

    @property
    def ended(self) -> bool:
        """Whether every worker has returned."""
        return not self._workers

    def wait(self, seconds: float) -> None:
        """Answer workers for so long, or until every one has returned."""
        deadline = time.monotonic() + seconds
        while self._workers and (left := deadline - time.monotonic()) > 0:
            heard = {worker.connection: worker for worker in self._workers.values() if worker.is_talking}
            heard |= {worker.process.sentinel: worker for worker in self._workers.values()}
            ready = connections.wait(list(heard), left)
            for worker in {heard[each].rank: heard[each] for each in ready}.values():
                self._hear(worker)

    def _hear(self, worker: _Worker) -> None:
        # What it said before it ended counts.
        while (said := _next_from(worker)) is not None:
            wants_answer, call, arguments = said
            answer = self._answer(worker.rank, call, arguments)
            if wants_answer:
                with suppress(OSError):  # it may have ended meanwhile
                    worker.connection.send(answer)
        if connections.wait([worker.process.sentinel], 0):
            self._bury(worker)

    def _bury(self, worker: _Worker) -> None:
        worker.process.join()
        worker.connection.close()
        del self._workers[worker.rank]
        if worker.process.exitcode != 0:
            self._on_end(worker.rank, _why(worker.process.exitcode))
            self._workers[worker.rank] = self._start(worker.rank)

    def _start(self, rank: int) -> _Worker:
        here, there = _CONTEXT.Pipe()
        process = _CONTEXT.Process(
            target=_serve,
            args=(there, dict(os.environ), self._num_threads, self._gpus[rank], self._target, rank),
            name=f"worker-{rank}",
        )
        process.start()
        there.close()
        return _Worker(rank, process, here)


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
    # Ctrl-C is the driver's to act upon.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.clear()
    os.environ.update(environment, CUDA_VISIBLE_DEVICES=gpus)
    threading.Thread(target=_end_with_the_driver, name="watch", daemon=True).start()
    import torch

    torch.set_num_threads(num_threads)
    target(Pipe(connection), rank)


def _end_with_the_driver() -> None:
    driver = multiprocessing.parent_process()
    assert driver is not None
    driver.join()
    os._exit(1)


def _why(exit_code: int) -> str:
    if exit_code < 0:
        return f"its process ended ({signal.Signals(-exit_code).name})"
    return f"its process ended with exit code {exit_code}; {log_file()} may say why"


@contextmanager
def _output_in(path: Path) -> Iterator[None]:
    """Let processes that are started meanwhile write here, and not to the terminal."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [os.dup(1), os.dup(2)]
    with path.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        for number, before in enumerate(kept, start=1):
            os.dup2(before, number)
            os.close(before)
