"""The command line. Starts without torch, Ray or pandas; a command imports what it needs."""

import sys


def main() -> None:
    """Run ``bench``. A user's mistake ends as one line on stderr and exit code 2."""
    from harness.cli.app import app
    from harness.errors import BenchError

    try:
        app()
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        raise SystemExit(2) from None


__all__ = ["main"]
