"""What a user can get wrong, one class a kind of mistake.

Every error here ends a command as one line and exit code 2. Anything else is a defect of ours and
keeps its traceback. Inside a running cell the same errors become the text of a failed record.
"""

import re
from collections.abc import Iterable
from difflib import get_close_matches

_MAX_LENGTH = 300
_MAX_LINE = 1000
# Control characters, line ends, overrides of the direction, and halves of surrogates, which no stream can encode.
_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_ANSI_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def is_plain(text: str) -> bool:
    """Whether a terminal shows a text as it is: one line, without what moves the cursor or turns the direction."""
    return _STEERING.search(text) is None


def printable(text: str) -> str:
    r"""``text`` as one plain line: what would steer a terminal, in a name that data chose, stands there as an escape.

    >>> print(printable("clears \x1b[2J the screen"))
    clears \x1b[2J the screen
    """
    return _STEERING.sub(lambda found: ascii(found[0])[1:-1], text)


class BenchError(Exception):
    """Base of all mistakes a user can act on; its text is one line: what was asked, what came, what is expected."""

    def __init__(self, text: str) -> None:
        """``text`` may quote what came, of any length and with any character; the middle of a long one is left out."""
        line = printable(text)
        half = _MAX_LINE // 2
        super().__init__(line if len(line) <= _MAX_LINE else f"{line[:half]} ... {line[-half:]}")


class UnknownNameError(BenchError):
    """Raised when a data set, category, method, layer or setting has no such name."""

    @classmethod
    def of(cls, kind: str, name: str, known: Iterable[str]) -> "UnknownNameError":
        """Build the error, with the nearest known name when there is one.

        Args:
            kind: What was looked up, e.g. ``"data set"``.
            name: The name that was asked for.
            known: Every name that would have been right.
        """
        known = sorted(known)
        near = get_close_matches(name.lower(), known, n=1, cutoff=0.6)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        return cls(f"Unknown {kind} {name!r}.{hint} Known: {', '.join(known) or 'none'}.")


class PlugInError(BenchError):
    """Raised when an installed plug-in cannot be imported, or two packages register the same name."""


class SettingsError(BenchError):
    """Raised when a setting has the wrong type, is out of range, or contradicts another."""


class DataError(BenchError):
    """Raised when an image, a mask or a folder is missing, unreadable or of the wrong shape."""


class WeightsError(BenchError):
    """Raised when backbone weights are missing, do not fit the backbone, or cannot be downloaded."""


class MissingExtraError(BenchError):
    """Raised when something asked for stands on an optional package that is not installed."""

    @classmethod
    def of(cls, what: str, package: str, extra: str) -> "MissingExtraError":
        """Build the error, with the command that installs the package.

        Args:
            what: What was asked for, as a sentence begins, e.g. ``"Method 'padim'"``.
            package: The package that is not there.
            extra: The extra of this project that brings it.
        """
        return cls(
            f"{what} needs {package}, which is not installed; install it with: pip install 'mfrnet-bench[{extra}]'"
        )


class BundleError(BenchError):
    """Raised when the bundle of a fitted detector cannot be read or written."""


class StoreError(BenchError):
    """Raised when a result store cannot be read or written, or holds an unknown schema version."""


class DamagedPartError(StoreError):
    """Raised when a file of a result store is not what its place says; other files can still be read."""


def cause_of(error: BaseException) -> str:
    """Type and text of an error, without colours, line breaks or the quoted source of remote tracebacks."""
    text = _ANSI_COLOUR.sub("", f"{type(error).__name__}: {error}")
    # The text of Ray's errors is a whole remote traceback: how it begins and how it ends matter.
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    shown = printable(" ... ".join([lines[0], lines[-1]] if len(lines) > 1 else lines))
    return shown if len(shown) <= _MAX_LENGTH else f"{shown[: _MAX_LENGTH - 3]}..."
