"""The command line, called in this process."""

import json
import signal
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from harness import cli


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


class Command:
    """``bench`` as typed."""

    def __init__(self, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        self._patch, self._capture = patch, capture

    def __call__(self, command: str, *arguments: str) -> Answer:
        self._patch.setattr(sys, "argv", ["bench", *command.split(), *arguments])
        on_ctrl_c = signal.getsignal(signal.SIGINT)
        with pytest.raises(SystemExit, match=r"^\d+$") as ended:
            cli.main()
        # An interrupted command hears no further Ctrl-C, and this process goes on.
        signal.signal(signal.SIGINT, on_ctrl_c)
        captured = self._capture.readouterr()
        return Answer(int(str(ended.value)), captured.out, captured.err)


def refused(answer: Answer, *texts: str) -> None:
    """Check that a command ended as one line with these texts, and exit code 2."""
    assert answer.code == 2
    assert answer.err.startswith("bench: ")
    assert answer.err.count("\n") == 1
    for text in texts:
        assert text in answer.err
