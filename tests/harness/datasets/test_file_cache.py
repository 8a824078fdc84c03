import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness.datasets.file_cache import file_facts, several_facts
from harness.errors import DataError


class Counting:
    """Computes a file's length and counts how often it is asked to."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, path: Path) -> str:
        self.calls += 1
        return str(len(path.read_bytes()))


@pytest.fixture
def old_file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    write_old(path, "four", 1_000_000_000)
    return path


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def write_old(path: Path, text: str, mtime_ns: int) -> None:
    path.write_text(text)
    os.utime(path, ns=(mtime_ns, mtime_ns))


def test_computes_once_while_a_file_stays_as_it_is(old_file: Path) -> None:
    compute = Counting()
    assert file_facts("length", [old_file], compute) == file_facts("length", [old_file], compute) == ["4"]
    assert compute.calls == 1


@pytest.mark.parametrize(("text", "mtime_ns"), [("longer", 1_000_000_000), ("same", 2_000_000_000)])
def test_computes_again_when_size_or_time_changes(old_file: Path, text: str, mtime_ns: int) -> None:
    compute = Counting()
    file_facts("length", [old_file], compute)
    write_old(old_file, text, mtime_ns)
    assert file_facts("length", [old_file], compute) == [str(len(text))]
    assert compute.calls == 2


def test_a_file_that_may_not_be_read_is_named(old_file: Path) -> None:
    def compute(path: Path) -> str:
        raise PermissionError(13, "Permission denied", str(path))

    with pytest.raises(DataError, match=rf"^{old_file}: cannot be read \(Permission denied\)\.$"):
        file_facts("length", [old_file], compute)


def test_trouble_of_the_process_stays_what_it_is(old_file: Path) -> None:
    def compute(path: Path) -> str:
        raise OSError(24, "Too many open files")

    with pytest.raises(OSError, match="Too many open files"):
        file_facts("length", [old_file], compute)


def test_a_name_that_is_not_utf_8_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.png")
    path.write_bytes(b"")
    with pytest.raises(DataError, match=r"caf.udce9\.png': expected a name in UTF-8; rename the file or its folder"):
        file_facts("length", [path], lambda path: "0")


def test_does_not_trust_the_time_of_a_file_written_just_now(tmp_path: Path) -> None:
    compute = Counting()
    (tmp_path / "new").write_text("new")
    file_facts("length", [tmp_path / "new"], compute)
    file_facts("length", [tmp_path / "new"], compute)
    assert compute.calls == 2


def test_keeps_facts_of_different_kinds_apart(old_file: Path) -> None:
    file_facts("length", [old_file], Counting())
    assert file_facts("other", [old_file], lambda path: "other") == ["other"]


def test_answers_in_the_order_asked_for_however_many(tmp_path: Path) -> None:
    paths = [tmp_path / str(number) for number in range(700)]
    for number, path in enumerate(paths):
        write_old(path, "x" * (number % 7), 1_000_000_000)
    file_facts("length", paths[::2], Counting())
    assert file_facts("length", paths, Counting()) == [str(number % 7) for number in range(700)]


def test_several_writers_do_not_lock_each_other_out(own_cache: Path, old_file: Path) -> None:
    with ThreadPoolExecutor(8) as executor:
        answers = list(executor.map(lambda kind: file_facts(str(kind), [old_file], Counting()), range(40)))
    assert answers == [["4"]] * 40
    with sqlite3.connect(own_cache / "files.sqlite") as database:
        assert database.execute("SELECT COUNT(*) FROM facts").fetchone() == (40,)
    database.close()


@pytest.mark.parametrize("place", [".", "files.sqlite"])
def test_a_cache_that_cannot_be_used_costs_time_only(own_cache: Path, old_file: Path, place: str) -> None:
    (own_cache / place).parent.mkdir(exist_ok=True)
    (own_cache / place).write_text("no folder and no data base" * 100)
    assert file_facts("length", [old_file], Counting()) == ["4"]


def test_names_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.png: cannot be read \(No such file or directory\)"):
        file_facts("length", [tmp_path / "none.png"], Counting())


def test_one_look_answers_later_questions(old_file: Path) -> None:
    assert several_facts(("first", "second"), [old_file], lambda path: ("one", "two")) == ["one"]
    compute = Counting()
    assert file_facts("second", [old_file], compute) == ["two"]
    assert compute.calls == 0


def test_an_empty_value_is_not_remembered(old_file: Path) -> None:
    several_facts(("main", "unknown"), [old_file], lambda path: ("value", ""))
    assert file_facts("unknown", [old_file], lambda path: "found") == ["found"]


def test_what_was_computed_before_an_interruption_is_remembered(tmp_path: Path) -> None:
    paths = [tmp_path / str(number) for number in range(50)]
    for path in paths:
        write_old(path, "x", 1_000_000_000)

    def interrupted(done: int, total: int) -> None:
        if done == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        several_facts(("length",), paths, lambda path: ("1",), interrupted)
    told: list[tuple[int, int]] = []
    several_facts(("length",), paths, lambda path: ("1",), lambda *news: told.append(news))
    assert told[0] == (20, 50)
    assert told[-1] == (50, 50)
