"""A ``bench`` command whose lines are read as they come, and which ends in time or is ended.

Commands are forks of a process that has imported what they import, which is all that sets them apart from typed ones:
otherwise most of the time of a scenario would go into imports.
"""

import importlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TextIO

import psutil

ROOT = Path(__file__).parents[2]
HOOK = Path(__file__).parent / "hook"
_MAX_SECONDS = 600
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.chaos.imported"])


def start_of_forks() -> None:
    """Start the process that forks commands, which stays until the end."""
    process = _FORKS.Process()
    process.start()
    process.join()


def below(pid: int, name: str) -> list[psutil.Process]:
    """Processes that another one has started, directly or not, whose command begins with a name."""
    found = []
    with suppress(psutil.NoSuchProcess):
        for process in psutil.Process(pid).children(recursive=True):
            with suppress(psutil.Error, IndexError):
                program = process.cmdline()[0]
                if program.startswith(name) or Path(program).name == name:
                    found.append(process)
    return sorted(found, key=lambda process: process.pid)


class Command:
    """``bench`` as typed, in a group of processes of its own, as a terminal starts it."""

    def __init__(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        on_line: Callable[["Command", int], None] = lambda command, number: None,
    ) -> None:
        """Args:
        arguments: Of ``bench``.
        environment: All of it.
        on_line: Called in a thread with the number of lines so far: 0 at the start, then after each line.
        """
        lines, errors = _FORKS.Pipe(duplex=False), _FORKS.Pipe(duplex=False)
        given = (list(arguments), dict(environment), lines[1], errors[1])
        self._process = _FORKS.Process(target=_bench, args=given)
        self._process.start()
        lines[1].close()
        errors[1].close()
        assert self._process.pid is not None
        self.pid = self._process.pid
        self.lines: list[str] = []
        self.errors = ""
        self._on_line = on_line
        readers = ((self._read_lines, lines[0]), (self._read_errors, errors[0]))
        self._threads = [threading.Thread(target=read, args=(_text(pipe),), daemon=True) for read, pipe in readers]
        for thread in self._threads:
            thread.start()

    def wait(self) -> int | None:
        """The exit code; None if it did not end in time and was killed."""
        try:
            self._process.join(_MAX_SECONDS)
            code = self._process.exitcode
        finally:
            # Too late, or the campaign is interrupted.
            self._process.kill()
            self._process.join()
        for thread in self._threads:
            thread.join()
        return code

    def _read_lines(self, stream: TextIO) -> None:
        self._on_line(self, 0)
        for line in stream:
            self.lines.append(line)
            self._on_line(self, len(self.lines))

    def _read_errors(self, stream: TextIO) -> None:
        self.errors = stream.read()


def _text(pipe: Connection) -> TextIO:
    stream = os.fdopen(os.dup(pipe.fileno()), encoding="utf-8", errors="replace")
    pipe.close()
    return stream


def _bench(arguments: list[str], environment: dict[str, str], lines: Connection, errors: Connection) -> None:
    os.setsid()
    for number, pipe in ((1, lines), (2, errors)):
        os.dup2(pipe.fileno(), number)
        pipe.close()
    os.environ.clear()
    os.environ.update(environment)
    # The process that forks ignores it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if str(HOOK) in environment["PYTHONPATH"]:
        sys.path.insert(0, str(HOOK))
        sys.modules.pop("sitecustomize", None)
        importlib.import_module("sitecustomize")
    sys.argv = ["bench", *arguments]
    from harness.cli import main

    main()
