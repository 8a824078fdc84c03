"""From the name of a split to its samples."""

from pathlib import Path

from harness.datasets._base import Dataset, PublishesSplits, Split
from harness.datasets.splits.grouped import grouped_split
from harness.datasets.splits.kfold import fold_split
from harness.datasets.splits.manifest import manifest_split
from harness.datasets.splits.names import GROUPED, KNOWN, check_split_name, fold_of, is_manifest
from harness.errors import UnknownNameError
from harness.records import PUBLISHED_SPLIT


def make_split(dataset: Dataset, root: Path, category: str, seed: int, name: str = PUBLISHED_SPLIT) -> Split:
    """The samples of one category under a split's name.

    Equal files, seeds and `split_identity` give equal splits.

    Args:
        dataset: Any data set.
        root: The data root.
        category: One of its categories.
        seed: 0 or more. It decides which images train where ``Split.is_seeded`` is true, and nothing elsewhere.
        name: ``published``, the default split that `DatasetInfo` describes; ``grouped``, the same without twins on
            two sides; ``kfold-K-I``, fold I of K over the normal images; one of ``DatasetInfo.own_splits``; or the
            path of a manifest, ending in ``.csv``.

    Raises:
        UnknownNameError: No such split or category.
        SettingsError: The fold does not exist, or the manifest is missing or wrong.
        DataError: The data set is missing, or has too few groups of twins to divide.
    """
    if name in dataset.info.own_splits and isinstance(dataset, PublishesSplits):
        return dataset.own_split(root, category, name)
    check_split_name(name)
    if name == PUBLISHED_SPLIT:
        return dataset.split(root, category, seed)
    if name == GROUPED:
        return grouped_split(dataset, root, category, seed)
    if is_manifest(name):
        return manifest_split(dataset, root, category, Path(name))
    fold = fold_of(name)
    if fold is None:
        raise UnknownNameError.of(f"split of {dataset.info.name}", name, (*KNOWN, *dataset.info.own_splits))
    return fold_split(dataset, root, category, seed, *fold)
