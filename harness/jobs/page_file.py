"""The file of a page, and what a page says of who wrote it."""

from importlib.metadata import version
from pathlib import Path

from harness.atomic_files import write_result
from harness.environment import code_version
from harness.errors import SettingsError


def page_path(out: Path | str | None, default: Path) -> Path:
    """Where a page goes.

    Raises:
        SettingsError: A folder is there.
    """
    path = default if out is None else Path(out)
    if path.is_dir():
        raise SettingsError(f"--out: expected the name of a file, e.g. {path / 'report.html'}, got the folder {path}.")
    return path


def written_by() -> str:
    """Version and commit of this program, as a sentence without its full stop."""
    commit, is_dirty = code_version()
    changes = " with changes that were not committed" if is_dirty else ""
    return f"Written by mfrnet-bench {version('mfrnet-bench')}" + (f", commit {commit[:10]}{changes}" if commit else "")


def write_page(path: Path, html: str) -> Path:
    """Replace a page as a whole or not at all.

    Raises:
        StoreError: It cannot be written.
    """
    write_result(path, html.encode("utf-8", "backslashreplace"))
    return path
