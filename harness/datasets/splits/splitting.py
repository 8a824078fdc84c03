"""From the name of a split to its samples."""

from pathlib import Path

from harness.datasets._base import Dataset, Split
from harness.datasets.splits.grouped import grouped_split
from harness.datasets.splits.kfold import fold_split
from harness.datasets.splits.manifest import manifest_split
from harness.datasets.splits.names import GROUPED, check_split_name, fold_of, is_manifest
from harness.records import PUBLISHED_SPLIT


def make_split(dataset: Dataset, root: Path, category: str, seed: int, name: str = PUBLISHED_SPLIT) -> Split:
    """The samples of one category under a split's name.

    Equal files, seeds and `split_identity` give equal splits.

    Args:
        dataset: Any data set.
        root: The data root.
        category: One of its categories.
        seed: 0 or more. What it decides depends on the split: nothing where the data set publishes
            one or a manifest says everything, else which images train.
        name: ``published``, the data set's own; ``grouped``, the same without twins on two sides;
            ``kfold-K-I``, fold I of K over the normal images; or a manifest's path, ending in ``.csv``.

    Raises:
        UnknownNameError: No such split or category.
        SettingsError: A fold that is not there, or a manifest that is missing or wrong.
        DataError: The data set is not there, or there are too few groups of twins to deal out.
    """
    check_split_name(name)
    if name == PUBLISHED_SPLIT:
        return dataset.split(root, category, seed)
    if name == GROUPED:
        return grouped_split(dataset, root, category, seed)
    if is_manifest(name):
        return manifest_split(dataset, root, category, Path(name))
    fold = fold_of(name)
    assert fold is not None, "check_split_name lets nothing else pass"
    return fold_split(dataset, root, category, seed, *fold)
