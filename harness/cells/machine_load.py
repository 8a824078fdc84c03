"""How busy other processes keep this machine."""

import os
import time
from pathlib import Path

from harness.environment import num_cores

QUIET_SHARE = 0.3
"""Share of the cores that others may keep busy while times are measured for publication."""

_STAT = Path("/proc/stat")
_SAMPLE_SECONDS = 1.0
_IDLE_FIELDS = (3, 4)
"""Idle and waiting for a disk, in the first line of ``/proc/stat``, see proc(5)."""


def load_of_others() -> float:
    """Cores that other processes keep busy now, measured for one second in which this process sleeps.

    The load average would not do: over a minute it still counts the cell that this process measured last. It is
    returned only where the system has no ``/proc/stat``.
    """
    try:
        before = _busy_seconds()
        time.sleep(_SAMPLE_SECONDS)
        return max(0.0, _busy_seconds() - before) / _SAMPLE_SECONDS
    except OSError:
        return os.getloadavg()[0]


def max_quiet_load() -> float:
    """Cores that other processes may keep busy on a quiet machine."""
    return QUIET_SHARE * num_cores()


def _busy_seconds() -> float:
    """Time that all cores together have been busy since the system started."""
    fields = [int(text) for text in _STAT.read_text().split("\n", 1)[0].split()[1:9]]
    busy = sum(value for number, value in enumerate(fields) if number not in _IDLE_FIELDS)
    return busy / os.sysconf("SC_CLK_TCK")
