"""The command line. Starts without torch, Ray or pandas; a command imports what it needs."""

import errno
import signal
import sys
from contextlib import suppress
from typing import Any

from harness.execution.interruption import interruptible
from harness.freed_memory import keep_freed_memory
from harness.waiting_threads import spin_briefly


def main() -> None:
    """Run ``bench``. A user's mistake ends as one line on stderr and exit code 2, Ctrl-C or SIGTERM as one and 130."""
    keep_freed_memory()
    spin_briefly()
    try:
        with interruptible():
            code = _call()
    except KeyboardInterrupt:
        code = 130
    except SystemExit as ended:
        # A command that was interrupted and has said what is stored.
        if ended.code == 130:
            _heed_no_further_ctrl_c()
        raise
    # Typer turns Ctrl-C into this code.
    if code == 130:
        _heed_no_further_ctrl_c()
        _end("Interrupted.", 130)
    raise SystemExit(code or 0)


def _call() -> Any:
    from typer import Abort, BadParameter

    from harness.cli.app import app
    from harness.errors import BenchError

    # Typer gives the base class of its usage errors no name of its own, and would print them in a box.
    usage_error: Any = next(each for each in BadParameter.__mro__ if each.__name__ == "UsageError")
    try:
        return app(prog_name="bench", standalone_mode=False)
    except BenchError as error:
        _end(str(error), 2)
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        _end(f"{error.filename}: no file has so long a name.", 2)
    except Abort:
        _end("Interrupted.", 130)
    except usage_error as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            print(error.format_message(), file=sys.stderr)
            raise SystemExit(2) from None
        context = error.ctx
        command = context.command_path if context else "bench"
        _end(f"{error.format_message().rstrip('.')}. See '{command} --help'.", 2)


def _heed_no_further_ctrl_c() -> None:
    """Everything is stored and the process ends now: another Ctrl-C would only change its exit code."""
    with suppress(ValueError):  # a thread that is not the main one gets no signals
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _end(line: str, code: int) -> None:
    from harness.environment import without_credentials

    print(f"bench: {without_credentials(line)}", file=sys.stderr)
    raise SystemExit(code) from None


__all__ = ["main"]
