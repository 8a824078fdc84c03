"""Find the data sets that a user names. A reader is imported only when its name is used."""

from collections.abc import Sequence
from pathlib import Path

from harness.datasets import DATASETS
from harness.datasets._base import Dataset
from harness.datasets.folder.folder_dataset import FolderDataset
from harness.datasets.folder.folder_description import FILE_NAME, SUFFIX
from harness.datasets.image_folders import folders_in, not_installed
from harness.errors import DataError, UnknownNameError

ALL = "all"
DEMO = "demo"


def installed(root: Path) -> dict[str, Dataset]:
    """Data sets in place below the data root: built-in ones first, then folders with a description.

    Not `demo`, which is in place everywhere.

    Args:
        root: The data root; need not exist.

    Raises:
        DataError: A description is wrong, or two data sets have one name.
    """
    found: dict[str, Dataset] = {}
    for name, dataset_type in DATASETS.loadable():
        if name != DEMO:
            dataset = dataset_type()
            if dataset.is_installed(root):
                found[name] = dataset
    for folder in _described_folders(root):
        described = _open_folder(folder)
        if described.info.name in found:
            raise DataError(
                f"{folder / FILE_NAME}, top level, name: {described.info.name!r} is also the name of the data set in "
                f"{found[described.info.name].folder(root)}; choose another name."
            )
        found[described.info.name] = described
    return found


def find(name: str, root: Path) -> Dataset:
    """The data set of one name.

    Args:
        name: A built-in name, the name of a described folder below ``root``, or the path of a
            description or of a folder with a ``dataset.toml``.
        root: The data root.

    Raises:
        UnknownNameError: There is no such name.
        DataError: It is known and not in place, or its description is wrong.
    """
    if name in DATASETS.names() or (":" in name and not Path(name).exists()):
        dataset = DATASETS.get(name)()
        if not dataset.is_installed(root):
            raise not_installed(dataset.info, dataset.folder(root))
        return dataset
    if (Path(name) / FILE_NAME).is_file() or name.endswith(SUFFIX):
        return _open_folder(Path(name))
    if "/" in name:
        raise DataError(
            f"{name}: no {FILE_NAME} in this folder; with one, any folder of images is a data set. "
            f"'bench datasets describe {name}' writes it."
        )
    described = {folder.name: folder for folder in _described_folders(root)}
    if name in described:
        return _open_folder(described[name])
    by_name = {dataset.info.name: dataset for dataset in map(_open_folder, described.values())}
    if name in by_name:
        return by_name[name]
    raise UnknownNameError.of("data set", name, (*DATASETS.names(), *by_name, ALL))


def resolve(names: Sequence[str], root: Path) -> list[Dataset]:
    """The data sets of several names, each once, in the order asked for.

    Args:
        names: As for `find`; ``"all"`` stands for every installed one, or for `demo` if none is.
        root: The data root.

    Raises:
        UnknownNameError: There is no such name.
        DataError: A data set is not in place, a description is wrong, or two different data sets
            have one name.
    """
    chosen: dict[str, Dataset] = {}
    for name in names:
        for dataset in _everything(root) if name == ALL else [find(name, root)]:
            known = chosen.setdefault(dataset.info.name, dataset)
            if _place(known, root).resolve() != _place(dataset, root).resolve():
                raise DataError(
                    f"Two data sets are called {dataset.info.name!r}: {_place(known, root)} and "
                    f"{_place(dataset, root)}; give one of them another name in its description."
                )
    return list(chosen.values())


def _everything(root: Path) -> list[Dataset]:
    return list(installed(root).values()) or [find(DEMO, root)]


def _described_folders(root: Path) -> list[Path]:
    return [folder for folder in folders_in(root) if (folder / FILE_NAME).is_file()]


def _place(dataset: Dataset, root: Path) -> Path:
    return dataset.description if isinstance(dataset, FolderDataset) else dataset.folder(root)


def _open_folder(place: Path) -> FolderDataset:
    dataset = FolderDataset(place)
    if dataset.info.name in DATASETS.names():
        raise DataError(
            f"{dataset.description}, top level, name: {dataset.info.name!r} is the name of a built-in data set; "
            "choose another name."
        )
    return dataset
