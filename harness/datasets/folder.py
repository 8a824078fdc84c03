"""Any folder of good, defect and mask images, described by a small ``dataset.toml`` in it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.datasets._base import DatasetInfo, Sample, Split
from harness.datasets.empty_masks import leave_out_empty
from harness.datasets.folder_description import FILE_NAME, CategoryDescription, read_description
from harness.datasets.layout import IMAGE_SUFFIXES, check_category, defect_sample, images_in, normal_sample
from harness.errors import DataError


class FolderDataset:
    """A data set of the user's own. Lies where it lies: the data root of the calls is ignored.

    The description is part of the fingerprint, so whatever changes in it is a change of the data.
    """

    version = 1

    def __init__(self, folder: Path) -> None:
        """Args:
            folder: Where ``dataset.toml`` is.

        Raises:
            DataError: The description is missing or wrong.
        """
        self._folder = folder.absolute()
        self._description = read_description(folder)
        self._categories = dict(self._description.categories)
        self.info = DatasetInfo(
            name=self._description.name,
            title=self._description.title,
            citation=self._description.citation,
            licence=self._description.licence,
            homepage=self._description.homepage,
            layout=f"as {FILE_NAME} in {folder} says",
            counts={},
        )

    def folder(self, root: Path) -> Path:
        """Where ``dataset.toml`` is."""
        return self._folder

    def is_installed(self, root: Path) -> bool:
        """Whether ``dataset.toml`` is still there."""
        return (self._folder / FILE_NAME).is_file()

    def categories(self, root: Path) -> tuple[str, ...]:
        """The described categories, in the order of the file."""
        return tuple(self._categories)

    def files(self, root: Path, category: str) -> tuple[Path, ...]:
        """The description and every image and mask of a category.

        Raises:
            UnknownNameError: No such category.
            DataError: A pattern matches no image.
        """
        samples = [*self._train(category), *self._test(category)]
        files = {self._folder / FILE_NAME} | {sample.image for sample in samples}
        files |= {mask for sample in samples for mask in sample.masks if mask.is_file()}
        return tuple(sorted(files))

    def split(self, root: Path, category: str, seed: int) -> Split:
        """The described split; ``seed`` changes nothing. Defects with an empty mask are left out.

        Raises:
            UnknownNameError: No such category.
            DataError: A pattern matches no image, an image is in two lists, or two images share a mask.
        """
        train, test = self._train(category), self._test(category)
        self._check_unshared(category, [*train, *test])
        kept, left_out = leave_out_empty(test)
        return Split(train=tuple(train), test=kept, left_out=left_out)

    def _train(self, category: str) -> list[Sample]:
        described = self._described(category)
        return [
            normal_sample(self._folder, image) for image in self._matches(category, "train_good", described.train_good)
        ]

    def _test(self, category: str) -> list[Sample]:
        described = self._described(category)
        samples = [
            normal_sample(self._folder, image) for image in self._matches(category, "test_good", described.test_good)
        ]
        for kind, patterns in described.test_defects:
            for image in self._matches(category, f"test_defects.{kind}", patterns):
                masks = []
                if described.masks is not None:
                    masks.append(self._folder / described.masks.format(stem=image.stem, kind=kind))
                samples.append(defect_sample(self._folder, image, *masks, kind=kind))
        return samples

    def _check_unshared(self, category: str, samples: Sequence[Sample]) -> None:
        where = f"{self._folder / FILE_NAME}, [categories.{category}]"
        images: set[str] = set()
        owners: dict[Path, str] = {}
        for sample in samples:
            if sample.id in images:
                raise DataError(
                    f"{where}: {sample.id} is matched twice; each image belongs to train_good, test_good or one kind."
                )
            images.add(sample.id)
            if sample.mask is not None and owners.setdefault(sample.mask, sample.id) != sample.id:
                raise DataError(
                    f"{where}, masks: {owners[sample.mask]} and {sample.id} share the mask {sample.mask.name}; "
                    "a pattern with {kind}/{stem} tells them apart."
                )

    def _described(self, category: str) -> CategoryDescription:
        check_category(self.info.name, category, self._categories)
        return self._categories[category]

    def _matches(self, category: str, key: str, patterns: tuple[str, ...]) -> list[Path]:
        found: set[Path] = set()
        for pattern in patterns:
            images = set(self._matching(pattern))
            if not images:
                raise DataError(
                    f"{self._folder / FILE_NAME}, [categories.{category}], {key}: {pattern!r} matches no image; "
                    f"a folder or a pattern of {', '.join(sorted(IMAGE_SUFFIXES))} files there would be right."
                )
            found |= images
        return sorted(found)

    def _matching(self, pattern: str) -> Iterator[Path]:
        if (self._folder / pattern).is_dir():
            yield from images_in(self._folder / pattern)
            return
        for path in self._folder.glob(pattern):
            if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".") and path.is_file():
                yield path
