import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import environment


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    caches = (environment.code_version, environment.package_versions)
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


def test_the_cache_is_where_the_user_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path))
    assert environment.cache_dir() == tmp_path


def test_a_relative_cache_does_not_move_with_the_working_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BENCH_CACHE", "cache")
    assert environment.cache_dir() == tmp_path / "cache"


def test_the_cache_follows_the_desktop_s_convention(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("BENCH_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert environment.cache_dir() == tmp_path / "mfrnet-bench"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert environment.cache_dir() == tmp_path / ".cache" / "mfrnet-bench"


def test_data_and_results_are_where_the_user_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BENCH_DATA", str(tmp_path))
    monkeypatch.setenv("BENCH_RESULTS", "s3://bucket/results")
    assert environment.default_data_root() == tmp_path
    assert environment.default_results() == "s3://bucket/results"


@pytest.mark.parametrize("empty", [True, False])
def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, empty: bool) -> None:
    monkeypatch.chdir(tmp_path)
    if empty:
        monkeypatch.setenv("BENCH_DATA", "")
        monkeypatch.setenv("BENCH_RESULTS", "")
    assert environment.default_data_root() == tmp_path / "data"
    assert environment.default_results() == "results"


def test_without_git_there_is_no_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert environment.code_version() == ("", False)


def test_an_installed_package_is_no_checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(environment, "__file__", str(tmp_path / "environment.py"))
    assert environment.code_version() == ("", False)


def test_versions_name_python_and_every_package_that_can_move_a_number() -> None:
    versions = environment.package_versions()
    assert versions["python"].split(".")[:2] == [str(part) for part in sys.version_info[:2]]
    assert {"numpy", "pillow", "scipy", "timm", "torch"} <= set(versions)


def test_a_package_that_is_not_there_is_said_to_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "_RECORDED_PACKAGES", ("no-such-package",))
    assert environment.package_versions()["no-such-package"] == "not installed"


def test_the_command_is_recorded_without_the_folder_of_its_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/opt/somewhere/bin/bench", "run", "--datasets", "all"])
    assert environment.command_line() == "bench run --datasets all"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("s3://KEY:SECRET@bucket/results", "s3://bucket/results"),
        ("s3://KEY:SEC/RET+x@bucket", "s3://bucket"),
        ("s3://KEY@bucket/a: no", "s3://bucket/a: no"),
        ("s3://bucket/runs@2026", "s3://bucket/runs@2026"),
        ("one s3://a:b@c::row two gs://d:e@f", "one s3://c::row two gs://f"),
        ("someone@example.org", "someone@example.org"),
    ],
)
def test_an_address_is_shown_without_credentials(text: str, shown: str) -> None:
    assert environment.without_credentials(text) == shown


def test_a_recorded_command_has_no_credentials_and_can_be_typed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", "run", "--data", "my data", "--results", "s3://KEY:SECRET@bucket"])
    assert environment.command_line() == "bench run --data 'my data' --results s3://bucket"


def test_a_recorded_command_is_text_even_if_a_name_in_it_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", "predict", "b", os.fsdecode(b"caf\xe9.png")])
    assert environment.command_line() == "bench predict b 'caf?.png'"
