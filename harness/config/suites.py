"""Suites: runs with a name, as TOML files that come with the package or that a user writes."""

from pathlib import Path
from typing import Any

from harness.config.toml_file import read_toml
from harness.errors import UnknownNameError

_FOLDER = Path(__file__).parents[1] / "suites"


def suite_titles() -> dict[str, str]:
    """Name of each suite that comes with the package to its title, one line.

    >>> list(suite_titles())
    ['all-methods', 'mvtec-classic', 'smoke']
    """
    return {path.stem: str(read_toml(path)["title"]) for path in sorted(_FOLDER.glob("*.toml"))}


def suite_values(suite: str) -> dict[str, Any]:
    """The fields of ``RunSettings`` that a suite sets, as its file has them.

    Args:
        suite: A name, or the path of a file that ends in ``.toml``.

    Raises:
        UnknownNameError: No suite has this name.
        SettingsError: The file is missing or not TOML.
    """
    if suite.lower().endswith(".toml"):
        values = read_toml(Path(suite).expanduser(), flag="--suite")
    else:
        path = _FOLDER / f"{suite}.toml"
        known = [each.stem for each in _FOLDER.glob("*.toml")]
        if suite not in known:
            raise UnknownNameError.of("suite", suite, [*known, "FILE.toml"])
        values = read_toml(path, flag="--suite")
    return {name: value for name, value in values.items() if name != "title"}
