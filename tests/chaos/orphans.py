"""Processes that commands leave behind become children of this one, so that none is overlooked."""

import ctypes
import os
import time
from collections.abc import Collection
from contextlib import suppress

import psutil

_PR_SET_CHILD_SUBREAPER = 36
_PATIENCE_SECONDS = 120
_LINGERING = ("ray::DashboardAgent", "ray::RuntimeEnvAgent")
"""What Ray starts beside a raylet. After its death they try to reach the cluster for a minute or two, and then end."""


def adopt_orphans() -> None:
    """From now on, whatever processes below this one leave behind is a child of this one."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children() -> set[int]:
    """Process ids of all processes below this one."""
    return {process.pid for process in psutil.Process().children(recursive=True)}


def left_behind(known: Collection[int], *, is_last: bool = False) -> list[str]:
    """The commands of processes that are still there after two minutes, which are then killed.

    A worker ends when it notices that its node is gone, which is after its driver has ended.

    Args:
        known: Process ids of those that may stay.
        is_last: Whether Ray's agents, which end late, are waited for as well.
    """
    until = time.monotonic() + _PATIENCE_SECONDS * (1 + is_last)
    may_stay = () if is_last else _LINGERING
    while (found := _running(known, may_stay)) and time.monotonic() < until:
        time.sleep(0.1)
    told = []
    for process in found:
        with suppress(psutil.NoSuchProcess):
            told.append(" ".join(process.cmdline())[:80] or process.name())
            process.kill()
    return told


def _running(known: Collection[int], may_stay: Collection[str]) -> list[psutil.Process]:
    found = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if process.pid in known:
                continue
            if process.status() == psutil.STATUS_ZOMBIE and process.ppid() == os.getpid():
                with suppress(ChildProcessError):
                    os.waitpid(process.pid, os.WNOHANG)
            elif not set(process.cmdline()[:1]) & set(may_stay):
                found.append(process)
    return found
