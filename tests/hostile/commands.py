"""Commands that are given a bad input."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.hostile.archive_inputs import member, tar_of, zip_of
from tests.hostile.bad_input import written


@dataclass(frozen=True)
class BadCommand:
    name: str
    arguments: tuple[str, ...]
    make: Callable[[], object] = lambda: None
    """Makes the input in the working directory."""


def _command(name: str, command: str, *arguments: str, **files: str | bytes) -> BadCommand:
    """A command as typed, more arguments, and files by their names, with ``__`` for a dot."""

    def make() -> None:
        for file, content in files.items():
            written(Path(file.replace("__", ".")), content)

    return BadCommand(name, (*command.split(), *arguments), make)


COMMANDS = [
    _command("a data set whose name is too long", "run --datasets", "d" * 300),
    _command("a split whose name is too long", "run --datasets demo --split", "s" * 300 + ".csv"),
    _command("a data root whose name is too long", "datasets list --data", "r" * 300),
    _command("a name with an escape", "run --datasets", "a\x1b[2Jb"),
    _command("a name of two lines", "run --datasets demo --methods", "a\nb"),
    _command("a configuration without end", "run --config /dev/zero"),
    _command("a configuration five thousand deep", "plan --config run.toml", run__toml="seeds = " + "[" * 5000),
    _command("a suite that is no text", "run --suite mine.toml", mine__toml=b"\xff\xfe"),
    _command("a space that is a date", "search demo --space space.toml", space__toml="2024-01-01"),
    _command("a manifest that is no text", "run --datasets demo/board --split split.csv", split__csv=b"\xff\xfe"),
    _command(
        "a described folder with a category that leads out",
        "run --datasets mine.toml",
        mine__toml='[categories."../../etc"]\ntrain_good = "a"\n',
    ),
    _command("an archive that leads out", "datasets unpack a.zip", a__zip=zip_of(("../evil.png", b"x"))),
    _command("an archive with a device", "datasets unpack a.tar", a__tar=tar_of(member("disk", kind=b"3"))),
    _command("an archive that is text", "datasets unpack a.zip", a__zip="no archive"),
    _command("a bundle that is none", "predict bundle x.png", x__png=b""),
    _command("an address with a password", "leaderboard --results ftp://user:secret@host/results"),
    _command("a report of nothing", "report --results none"),
    _command("an assignment without a value", "run --datasets demo --set mfrnet.k"),
    _command("a seed of five thousand digits", "run --datasets demo --seeds", "9" * 5000),
    _command("a cluster with a password", "run --datasets demo --address http://user:secret@host:1"),
]
