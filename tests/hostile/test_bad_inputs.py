"""Every bad input and the line it gets: no traceback, no second line, no more than 500 MB.

The lines are in ``lines.toml``. Some quote the reason that a library gives, in the version of ``constraints.txt``.
"""

import tomllib
from collections import Counter
from pathlib import Path

import pytest

from harness.errors import BenchError, is_plain
from tests.hostile.archive_inputs import ARCHIVE_INPUTS
from tests.hostile.bad_input import BadInput, told
from tests.hostile.bundle_inputs import BUNDLE_INPUTS
from tests.hostile.commands import COMMANDS, BadCommand
from tests.hostile.image_inputs import IMAGE_INPUTS
from tests.hostile.manifest_inputs import MANIFEST_INPUTS
from tests.hostile.memory import at_most
from tests.hostile.part_inputs import PART_INPUTS
from tests.hostile.toml_inputs import TOML_INPUTS
from tests.hostile.weight_inputs import WEIGHT_INPUTS
from tests.support.commands import Command

INPUTS = [
    *TOML_INPUTS,
    *MANIFEST_INPUTS,
    *ARCHIVE_INPUTS,
    *IMAGE_INPUTS,
    *WEIGHT_INPUTS,
    *PART_INPUTS,
    *BUNDLE_INPUTS,
]
LINES = {
    f"{kind}: {name}": line
    for kind, lines in tomllib.loads((Path(__file__).parent / "lines.toml").read_text(encoding="utf-8")).items()
    for name, line in lines.items()
}
MAX_BYTES = 500_000_000


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, whose name is the same on every machine."""
    monkeypatch.chdir(tmp_path)
    Path("here").mkdir()
    return Path("here")


@pytest.mark.parametrize("bad", INPUTS, ids=[bad.name for bad in INPUTS])
def test_a_bad_input_gets_its_line(bad: BadInput, here: Path) -> None:
    with pytest.raises(BenchError, match=r"^[^\n]+$") as caught, at_most(MAX_BYTES):
        bad.read(here)
    line = told(caught.value)
    assert line == LINES[bad.name]
    assert is_plain(line)
    assert list(Path.cwd().iterdir()) == [Path.cwd() / here], "something was written elsewhere, or code ran"


@pytest.mark.parametrize("bad", COMMANDS, ids=[bad.name for bad in COMMANDS])
def test_a_command_ends_with_the_line_and_code_2(
    bad: BadCommand, here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "240")
    bad.make()
    answer = Command(monkeypatch, capsys)("", *bad.arguments)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.replace(str(Path.cwd()), "TMP") == f"bench: {LINES[f'command: {bad.name}']}\n"
    assert "secret" not in answer.err


def test_there_are_two_hundred_of_them_and_each_has_one_name_and_one_line() -> None:
    names = Counter([*(bad.name for bad in INPUTS), *(f"command: {bad.name}" for bad in COMMANDS)])
    assert set(names.values()) == {1}
    assert names.keys() == LINES.keys()
    assert len(names) >= 200
