"""Facts about the surroundings: folders from environment variables, code version, packages, host."""

import math
import os
import platform
import re
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from harness.errors import SettingsError

MAX_MEGAPIXELS = "BENCH_MAX_MEGAPIXELS"
"""Environment variable: images with more pixels are refused."""

_DEFAULT_MAX_MEGAPIXELS = 100.0
_CACHE_LIMIT_GB = "BENCH_CACHE_LIMIT_GB"
_DEFAULT_CACHE_LIMIT_GB = 50.0
_RECORDED_PACKAGES = (
    "mfrnet-bench", "anomalib", "lightning", "numpy", "pandas", "pillow", "pyarrow", "ray", "scipy", "timm", "torch",
    "torchvision",
)  # fmt: skip
# A key may hold a slash; what ends at "@" without a colon before it may also be part of a path.
_CREDENTIALS = re.compile(r"(\b[a-z][a-z0-9+.-]*://)(?:[^\s/@:]+|[^\s@:/]*:[^\s@]*)@", re.IGNORECASE)


def cache_dir() -> Path:
    """Folder for features, trained networks, shared fits, file hashes and generated images; safe to delete.

    ``BENCH_CACHE``, else ``$XDG_CACHE_HOME/mfrnet-bench``, else ``~/.cache/mfrnet-bench``.
    """
    chosen = os.environ.get("BENCH_CACHE")
    if chosen:
        return Path(chosen).expanduser().absolute()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "mfrnet-bench"


def log_dir() -> Path:
    """Folder for the output of worker processes and of Ray."""
    return cache_dir() / "logs"


def default_data_root() -> Path:
    """``BENCH_DATA``, else ``data`` below the working directory."""
    return Path(os.environ.get("BENCH_DATA") or "data").expanduser().absolute()


def default_results() -> str:
    """``BENCH_RESULTS``, else ``results`` below the working directory."""
    return os.environ.get("BENCH_RESULTS") or "results"


def max_megapixels() -> float:
    """Largest image that is decoded, in millions of pixels: ``BENCH_MAX_MEGAPIXELS``, else 100.

    Raises:
        SettingsError: The variable is not a positive number.
    """
    limit = _number(MAX_MEGAPIXELS, _DEFAULT_MAX_MEGAPIXELS)
    if not limit > 0:
        raise _unlike_expected(MAX_MEGAPIXELS, "a positive number of megapixels, e.g. 250")
    return limit


def cache_limit_bytes() -> float:
    """Most that each folder of the cache holds: ``BENCH_CACHE_LIMIT_GB``, default 50, in units of 2**30 bytes.

    Raises:
        SettingsError: The variable is not a number of 0 or more.
    """
    limit_gb = _number(_CACHE_LIMIT_GB, _DEFAULT_CACHE_LIMIT_GB)
    if not limit_gb >= 0:
        raise _unlike_expected(_CACHE_LIMIT_GB, "a number of gigabytes, 0 or more, e.g. 20 or 0.5")
    return limit_gb * 2**30


def _number(name: str, default: float) -> float:
    """The value of an environment variable; NaN, which is in no range, where it is no number."""
    text = os.environ.get(name)
    try:
        return float(text) if text else default
    except ValueError:
        return math.nan


def _unlike_expected(name: str, expected: str) -> SettingsError:
    return SettingsError(f"{name}: expected {expected}, got {os.environ.get(name)!r}.")


@cache
def code_version() -> tuple[str, bool]:
    """Commit of the checkout that the harness runs from and whether it has uncommitted changes.

    Returns:
        ``(commit, dirty)``; ``("", False)`` for an installed package without a checkout.
    """
    source = Path(__file__).resolve().parent

    def git(*arguments: str) -> str:
        finished = subprocess.run(["git", *arguments], cwd=source, capture_output=True, text=True, check=True)
        return finished.stdout.strip()

    try:
        tracked = git("ls-files", "--error-unmatch", "environment.py")
        return git("rev-parse", "HEAD"), bool(tracked and git("status", "--porcelain", "--untracked-files=no"))
    except (OSError, subprocess.CalledProcessError):
        return "", False


@cache
def package_versions() -> dict[str, str]:
    """Versions of Python and of every package that can move a number."""
    versions = {"python": platform.python_version()}
    for package in _RECORDED_PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "not installed"
    return versions


@cache
def num_cores() -> int:
    """Processor cores that this process may use: its CPU affinity, and the CPU quota of its control group.

    A container or a batch job is often given fewer cores than the machine has.
    """
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        cores = os.cpu_count() or 1
    quota = _cgroup_quota(Path("/sys/fs/cgroup"))
    return cores if quota is None else max(1, min(cores, math.ceil(quota)))


def _cgroup_quota(root: Path) -> float | None:
    """Cores that the control group below ``root`` allows; None without a limit."""
    try:
        if (root / "cpu.max").is_file():
            quota, period = (root / "cpu.max").read_text().split()
        else:
            quota = (root / "cpu/cpu.cfs_quota_us").read_text().strip()
            period = (root / "cpu/cpu.cfs_period_us").read_text().strip()
        return int(quota) / int(period) if quota not in ("max", "-1") else None
    except (OSError, ValueError):
        return None


def host_name() -> str:
    """Name of this machine, for provenance."""
    return platform.node() or "unknown"


def now() -> str:
    """The time, ISO 8601 in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def command_line() -> str:
    """The command as it can be typed again, with the program's folder and all credentials left out.

    Bytes that are no text, as names of files may have them, are question marks.
    """
    typed = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
    return without_credentials(typed.encode(errors="replace").decode())


def without_credentials(text: str) -> str:
    """``text`` with user names, keys and passwords removed from the addresses in it.

    >>> without_credentials("bench run --results s3://KEY:SECRET@bucket/results")
    'bench run --results s3://bucket/results'
    """
    return _CREDENTIALS.sub(r"\1", text)


def without_folders(command: str) -> str:
    """A command without the folders of the machine that ran it.

    >>> without_folders("bench fit /mnt/data/parts --weights resnet18=/mnt/weights/a.bin")
    'bench fit .../parts --weights resnet18=.../a.bin'
    """
    try:
        typed = shlex.split(command)
    except ValueError:  # not a command line of ours
        return command
    words = []
    for word in typed:
        name, equals, value = word.rpartition("=")
        pieces = (f".../{Path(each).name}" if each.startswith("/") else each for each in value.split(","))
        words.append(f"{name}{equals}{','.join(pieces)}")
    return shlex.join(words)
