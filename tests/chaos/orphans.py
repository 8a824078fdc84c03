"""Processes that commands leave behind become children of this one, so that none is overlooked."""

import ctypes
import os
import time
from collections.abc import Collection
from contextlib import suppress

import psutil

_PR_SET_CHILD_SUBREAPER = 36
_PATIENCE_SECONDS = 120


def adopt_orphans() -> None:
    """From now on, whatever processes below this one leave behind is a child of this one."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children() -> set[int]:
    """Process ids of all processes below this one."""
    return {process.pid for process in psutil.Process().children(recursive=True)}


def left_behind(known: Collection[int]) -> list[str]:
    """The commands of processes that are still there after two minutes, which are then killed.

    A worker ends when it notices that its node is gone, which is after its driver has ended.

    Args:
        known: Process ids of those that may stay.
    """
    until = time.monotonic() + _PATIENCE_SECONDS
    while (found := _running(known)) and time.monotonic() < until:
        time.sleep(0.1)
    told = []
    for process in found:
        with suppress(psutil.NoSuchProcess):
            told.append(" ".join(process.cmdline())[:80] or process.name())
            process.kill()
    return told


def _running(known: Collection[int]) -> list[psutil.Process]:
    found = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if process.pid in known:
                continue
            if process.status() == psutil.STATUS_ZOMBIE and process.ppid() == os.getpid():
                with suppress(ChildProcessError):
                    os.waitpid(process.pid, os.WNOHANG)
            else:
                found.append(process)
    return found
