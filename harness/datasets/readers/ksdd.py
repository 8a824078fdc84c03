"""KolektorSDD: cracks in the plastic of electrical commutators, eight tall images an item."""

import io
import pickle
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.datasets._base import DatasetInfo, Split
from harness.datasets.image_folders import check_category, folders_in, images_in
from harness.datasets.readers.published_dataset import PublishedDataset, samples_by_masks
from harness.errors import DataError
from harness.limited_reading import read_limited

_TRAIN_SHARE = 0.4
_LABEL = "_label"
_KIND = "crack"
_FOLDS = "split.pyb"
_MAX_FOLDS_BYTES = 1_000_000
_FOLDS_SOURCE = "https://data.vicos.si/datasets/KSDD/KolektorSDD-training-splits.zip"
_NOT_USED = "kos21/Part7.jpg"


class KolektorSDD(PublishedDataset):
    """Split by item, since the surfaces of one item look alike: kos01-kos20 train, kos21-kos50 test.

    An image is a defect if its mask has a defect pixel. This split is not the authors': they publish three folds by
    item, which `own_split` gives.
    """

    info = DatasetInfo(
        name="ksdd",
        title="KolektorSDD",
        citation=(
            "D. Tabernik, S. Sela, J. Skvarc, D. Skocaj: Segmentation-based deep-learning approach for "
            "surface-defect detection. Journal of Intelligent Manufacturing 31, 759-776, 2020."
        ),
        licence="CC BY-NC-SA 4.0",
        homepage="https://www.vicos.si/resources/kolektorsdd/",
        layout="ksdd/kos01/Part0.jpg to ksdd/kos50/Part7.jpg, masks beside them as Part0_label.png or Part0_label.bmp",
        counts={"ksdd": (140, 239)},
        split_author="ours",
        split_note="By item: kos01 to kos20 train, kos21 to kos50 are tested; the authors' folds are fold-1 to fold-3.",
        own_splits=("fold-1", "fold-2", "fold-3"),
    )
    names = ("ksdd",)

    def _has(self, base: Path, category: str) -> bool:
        return bool(_items(base))

    def _files(self, base: Path, category: str) -> list[Path]:
        return [path for item in _items(base) for path in images_in(item)]

    def _split(self, base: Path, category: str, seed: int) -> Split:
        items = [item.name for item in _items(base)]
        num_train = round(_TRAIN_SHARE * len(items))
        return _divided(base, items[:num_train], items[num_train:])

    def own_split(self, root: Path, category: str, name: str) -> Split:
        """One of the authors' folds, read from their ``split.pyb``: 33 or 34 items train, the others are tested.

        The file comes from https://data.vicos.si/datasets/KSDD/KolektorSDD-training-splits.zip and belongs into the
        data set's folder. The authors train with defects; here only normal images train. As in the authors' code
        (``data/input_ksdd.py`` of github.com/vicoslab/mixed-segdec-net-comind2021), kos21/Part7 is left out.

        Raises:
            UnknownNameError: No such category.
            DataError: The data set or ``split.pyb`` is missing, or ``split.pyb`` does not hold three folds.
        """
        check_category(self.info.name, category, self.categories(root))
        base = self.folder(root)
        split = _divided(base, *_read_folds(base)[self.info.own_splits.index(name)])
        left_out = tuple((s.id, "left out by the authors") for s in (*split.train, *split.test) if s.id == _NOT_USED)
        return replace(
            split,
            train=tuple(sample for sample in split.train if sample.id != _NOT_USED),
            test=tuple(sample for sample in split.test if sample.id != _NOT_USED),
            left_out=split.left_out + left_out,
        )


def _divided(base: Path, train_items: Collection[str], test_items: Collection[str]) -> Split:
    items = [item for item in _items(base) if item.name in {*train_items, *test_items}]
    images = [path for item in items for path in images_in(item) if not path.stem.endswith(_LABEL)]
    samples = samples_by_masks(base, images, _LABEL, _KIND)
    training = [sample for sample in samples if sample.image.parent.name not in test_items]
    return Split(
        train=tuple(sample for sample in training if not sample.is_defect),
        test=tuple(sample for sample in samples if sample.image.parent.name in test_items),
        left_out=tuple((s.id, "defect image of an item that trains") for s in training if s.is_defect),
    )


class _ListUnpickler(pickle._Unpickler):
    """Reads lists and strings and refuses everything else, so that a downloaded file cannot run code.

    The unpickler that pickle has in Python, because for that in C a file of ten bytes can take gigabytes.
    """

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"it holds {module}.{name}")


def _read_folds(base: Path) -> list[tuple[list[str], list[str]]]:
    """Items that train and that are tested, for each of the three folds."""
    path = base / _FOLDS
    try:
        train, test, _ = _ListUnpickler(io.BytesIO(read_limited(path, _MAX_FOLDS_BYTES))).load()
        folds = [(sorted(trains), sorted(tests)) for trains, tests in zip(train, test, strict=True)]
        tested = [item for _, tests in folds for item in tests]
        # Each item is tested once, and trains in the two other folds.
        if len(folds) != 3 or any(sorted(trains + tests) != sorted(tested) for trains, tests in folds):
            raise ValueError(f"it holds {len(folds)} lists")
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file; the authors' folds come in {_FOLDS_SOURCE}.") from error
    # What is no list of lists fails in many ways: as a pickle, or as what it was taken for.
    except Exception as error:
        raise DataError(f"{path}: cannot be read ({error}); expected the three folds of {_FOLDS_SOURCE}.") from error
    if len(set(tested)) < len(tested) or not {item.name for item in _items(base)} <= set(tested):
        raise DataError(f"{path}: expected each item of {base} to be tested in one of the three folds.")
    return folds


def _items(base: Path) -> list[Path]:
    return [folder for folder in folders_in(base) if folder.name.startswith("kos") and folder.name[3:].isdigit()]
