"""Which known data set a folder is, whatever it is called."""

import tempfile
from pathlib import Path

from harness.datasets import DATASETS
from harness.datasets._base import DatasetInfo
from harness.datasets.catalog import DEMO


def recognise(folder: Path) -> dict[str, DatasetInfo]:
    """The known data sets whose layout a folder has: none, one, or several where layouts are alike.

    Each reader is asked as it would be asked about a data root, with the folder under its own name.

    Args:
        folder: Any folder.
    """
    found: dict[str, DatasetInfo] = {}
    for name in DATASETS.names():
        if name == DEMO:
            continue
        dataset = DATASETS.get(name)()
        with tempfile.TemporaryDirectory() as root:
            own = dataset.folder(Path(root))
            own.parent.mkdir(parents=True, exist_ok=True)
            own.symlink_to(folder.absolute(), target_is_directory=True)
            if dataset.is_installed(Path(root)):
                found[name] = dataset.info
    return found
