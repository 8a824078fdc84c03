from pathlib import Path

import pytest

from harness.config import read_toml
from harness.errors import DataError, SettingsError


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "this file does not exist"),
        (b"seeds = [0,", "not valid TOML: .*"),
        (b"\xff\xfe", "not valid TOML: .*"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "run.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=rf"^.*run\.toml: {message}\.$"):
        read_toml(path, error=DataError)


def test_a_folder_is_not_a_file_and_the_flag_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^--config .*: cannot be read: Is a directory\.$"):
        read_toml(tmp_path, flag="--config")
