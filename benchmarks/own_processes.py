"""What benchmarks share that measure each figure in a process of its own: they start themselves with ``--measure``."""

import argparse
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence


def flags(description: str | None, *, runs: int, **others: str) -> argparse.Namespace:
    """``runs``, and ``measure``: the arguments of a process that measures, or None in the one that compares.

    Args:
        description: Of the benchmark, for ``--help``.
        runs: Processes of each figure unless asked otherwise.
        others: Further flags that take a value, by name, with their help.
    """
    asked = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--runs", type=int, default=runs)
    for name, meaning in others.items():
        asked.add_argument(f"--{name}", help=meaning)
    asked.add_argument("--measure", nargs="*", help=argparse.SUPPRESS)
    return asked.parse_args()


def measured(file: str, environment: Mapping[str, str], *arguments: str) -> list[float]:
    """The numbers that a process of this benchmark prints; with an error it ends the benchmark."""
    command = [sys.executable, "-W", "ignore", file, "--measure", *arguments]
    out = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
    return [float(word) for word in out.split()]


def medians(rows: Sequence[Sequence[float]]) -> list[float]:
    """Of each column."""
    return [statistics.median(column) for column in zip(*rows, strict=True)]
