"""The text of an error in one line, fit for a record, an event or a terminal."""

import re

_MAX_LENGTH = 300
_ANSI_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def cause_of(error: BaseException) -> str:
    """Type and text of an error, without colours, line breaks or the quoted source of remote tracebacks."""
    text = _ANSI_COLOUR.sub("", f"{type(error).__name__}: {error}")
    # The text of Ray's errors is a whole remote traceback: how it begins and how it ends matter.
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    shown = " ... ".join([lines[0], lines[-1]] if len(lines) > 1 else lines)
    return shown if len(shown) <= _MAX_LENGTH else f"{shown[: _MAX_LENGTH - 3]}..."
