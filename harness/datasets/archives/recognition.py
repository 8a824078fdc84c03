"""Which known data set a folder is, whatever it is called."""

import tempfile
from pathlib import Path

from harness.datasets import DATASETS
from harness.datasets._base import Dataset, DatasetInfo
from harness.datasets.finding import DEMO
from harness.errors import DataError


def recognise(folder: Path) -> dict[str, DatasetInfo]:
    """The known data sets whose layout a folder has: none, one, or several where layouts are alike.

    Each reader is asked as it would be asked about a data root, with the folder under its own name.
    Names that are in place are not enough (many folders hold ``train`` and ``test``): the first
    category must divide into training and test images too, for which some readers read masks.

    Args:
        folder: Any folder.
    """
    found: dict[str, DatasetInfo] = {}
    for name, dataset_type in DATASETS.loadable():
        if name == DEMO:
            continue
        dataset = dataset_type()
        with tempfile.TemporaryDirectory() as root:
            own = dataset.folder(Path(root))
            own.parent.mkdir(parents=True, exist_ok=True)
            own.symlink_to(folder.absolute(), target_is_directory=True)
            if dataset.is_installed(Path(root)) and _can_be_divided(dataset, Path(root)):
                found[name] = dataset.info
    return found


def _can_be_divided(dataset: Dataset, root: Path) -> bool:
    try:
        split = dataset.split(root, dataset.categories(root)[0], 0)
    except DataError:
        return False
    return bool(split.train and split.test)
