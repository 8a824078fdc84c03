"""Any folder of good, defect and mask images, described by a small ``dataset.toml``."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from harness.datasets._base import DatasetInfo, Sample, Split
from harness.datasets.empty_masks import have_defects, leave_out_empty
from harness.datasets.folder.folder_description import CategoryDescription, read_description
from harness.datasets.image_folders import IMAGE_SUFFIXES, check_category, defect_sample, matching, normal_sample
from harness.errors import DataError

MIXED_KIND = "defect"
"""Kind of a defect that only its mask tells from normal images."""


@dataclass(frozen=True)
class _Contents:
    """The samples of one part of a category."""

    normal: list[Sample]
    defects: list[Sample]


class FolderDataset:
    """A data set of the user's own. Lies where it lies: the data root of the calls is ignored.

    The description is part of the fingerprint, so whatever changes in it is a change of the data.
    """

    version = 1

    def __init__(self, place: Path) -> None:
        """Args:
            place: The description, or the folder with a ``dataset.toml`` in it.

        Raises:
            DataError: The description is missing or wrong.
        """
        self._description = read_description(place)
        self._folder = self._description.folder.absolute()
        self._categories = dict(self._description.categories)
        is_divided = all(category.is_divided for category in self._categories.values())
        self.info = DatasetInfo(
            name=self._description.name,
            title=self._description.title,
            citation=self._description.citation,
            licence=self._description.licence,
            homepage=self._description.homepage,
            layout=f"as {self._description.path} says",
            counts={},
            split_author="authors" if is_divided else "ours",
            split_note="As its description divides it." if is_divided else "Drawn by the seed from undivided images.",
        )

    @property
    def description(self) -> Path:
        """The file that describes this data set; opens it again in another process."""
        return self._description.path.absolute()

    def folder(self, root: Path) -> Path:
        """Where the images are: beside the description, if it does not say otherwise."""
        return self._folder

    def is_installed(self, root: Path) -> bool:
        """Whether the description is still there."""
        return self.description.is_file()

    def categories(self, root: Path) -> tuple[str, ...]:
        """The described categories, in the order of the file."""
        return tuple(self._categories)

    def files(self, root: Path, category: str) -> tuple[Path, ...]:
        """The description and every image and mask of a category.

        Raises:
            UnknownNameError: No such category.
            DataError: A pattern matches no image.
        """
        listed = [sample for samples in self._listed(category).values() for sample in samples]
        files = {self.description} | {sample.image for sample in listed}
        files |= {mask for sample in listed for mask in sample.masks if mask.is_file()}
        return tuple(sorted(files))

    def split(self, root: Path, category: str, seed: int) -> Split:
        """The described split; where images are not divided, whole groups are drawn by ``seed``.

        Defects with an empty mask are left out, and so are defects among the images that train.

        Raises:
            UnknownNameError: No such category.
            DataError: A pattern matches no image, an image is in two lists, two images share a mask,
                a mixed image has no mask, or an undivided one no group.
        """
        described, listed = self._described(category), self._listed(category)
        self._check_unshared(category, [sample for samples in listed.values() for sample in samples])
        defects = [sample for key, samples in listed.items() if key.startswith("test_defects.") for sample in samples]
        kept, left_out = leave_out_empty(defects)
        if not described.is_divided:
            pool = self._contents(category, listed, "")
            return self._drawn(category, _Contents(pool.normal, [*pool.defects, *kept]), left_out, seed)
        train = self._contents(category, listed, "train_")
        test = self._contents(category, listed, "test_")
        left_out += tuple((sample.id, "defect image in the training part") for sample in train.defects)
        return Split(train=tuple(train.normal), test=(*test.normal, *test.defects, *kept), left_out=left_out)

    def _drawn(self, category: str, pool: _Contents, left_out: tuple[tuple[str, str], ...], seed: int) -> Split:
        described = self._described(category)
        groups = {sample.id: self._group(category, sample) for sample in [*pool.normal, *pool.defects]}
        known = sorted({groups[sample.id] for sample in pool.normal})
        if len(known) < 2:
            word = "groups of normal images" if described.groups else "normal images"
            raise DataError(
                f"{self._where(category)}: expected at least 2 {word} to divide into training and test, got "
                f"{len(known)}."
            )
        num_train = min(max(round(described.train_share * len(known)), 1), len(known) - 1)
        order = np.random.default_rng(seed).permutation(len(known))
        train_groups = {known[index] for index in order[:num_train]}
        trains = {sample_id for sample_id, group in groups.items() if group in train_groups}
        tested = [sample for sample in [*pool.normal, *pool.defects] if sample.id not in trains]
        lost = [sample for sample in pool.defects if sample.id in trains]
        return Split(
            train=tuple(sample for sample in pool.normal if sample.id in trains),
            test=tuple(tested),
            left_out=left_out + tuple((sample.id, "defect image of a group that trains") for sample in lost),
            is_seeded=True,
            lost=tuple(lost),
            keeps_groups=described.groups is not None,
        )

    def _group(self, category: str, sample: Sample) -> str:
        expression = self._described(category).groups
        if expression is None:
            return sample.id
        found = re.search(expression, sample.id)
        if found is None or found[1] is None:
            raise DataError(f"{self._where(category)}, groups: {expression!r} finds no group in {sample.id}.")
        return found[1]

    def _contents(self, category: str, listed: dict[str, list[Sample]], part: str) -> _Contents:
        """Normal images and defects of ``part`` (``"train_"``, ``"test_"`` or ``""``), by lists and by masks."""
        normal, defects = list(listed.get(f"{part}good", [])), []
        mixed = listed.get(f"{part}mixed", [])
        masks = [sample.mask for sample in mixed if sample.mask is not None and sample.mask.is_file()]
        has_defect = dict(zip(masks, have_defects(masks), strict=True))
        for sample in mixed:
            if sample.mask not in has_defect and not self._described(category).no_mask_is_good:
                raise DataError(
                    f"{self._where(category)}, {part}mixed: {sample.id} has no mask; expected {sample.mask}, or "
                    "no_mask_is_good = true."
                )
            if sample.mask is not None and has_defect.get(sample.mask):
                defects.append(sample)
            else:
                normal.append(normal_sample(self._folder, sample.image))
        return _Contents(normal, defects)

    def _listed(self, category: str) -> dict[str, list[Sample]]:
        """Every matched image by its list; a mixed one as a defect, until its mask is looked at."""
        described = self._described(category)
        if not self._has_test(described):
            described = replace(described, test_good=(), test_mixed=(), test_defects=())
        listed: dict[str, list[Sample]] = {}
        for key in ("train_good", "test_good", "good"):
            images = self._matches(category, key, getattr(described, key), "")
            listed[key] = [normal_sample(self._folder, image) for image in images]
        kinds = [(key, MIXED_KIND, getattr(described, key)) for key in ("train_mixed", "test_mixed", "mixed")]
        kinds += [(f"test_defects.{kind}", kind, patterns) for kind, patterns in described.test_defects]
        for key, kind, patterns in kinds:
            images = self._matches(category, key, patterns, kind)
            listed[key] = [
                defect_sample(self._folder, image, *self._masks(described, image, kind), kind=kind) for image in images
            ]
        return listed

    def _has_test(self, described: CategoryDescription) -> bool:
        """Whether an image to test on is there. Without any, the good ones still train and are searched on."""
        if not described.is_divided:
            return True
        lists = (described.test_good, described.test_mixed, *(patterns for _, patterns in described.test_defects))
        return any(True for patterns in lists for pattern in patterns for _ in matching(self._folder, pattern))

    def _masks(self, described: CategoryDescription, image: Path, kind: str) -> tuple[Path, ...]:
        """Where the mask of an image belongs; nothing if the category has no masks."""
        if described.masks is None:
            return ()
        folder = image.parent.relative_to(self._folder).as_posix()
        return (self._folder / described.masks.format(stem=image.stem, kind=kind, folder=folder),)

    def _check_unshared(self, category: str, samples: Sequence[Sample]) -> None:
        images: set[str] = set()
        owners: dict[Path, str] = {}
        for sample in samples:
            if sample.id in images:
                raise DataError(
                    f"{self._where(category)}: {sample.id} is matched twice; each image belongs to one list "
                    "or one kind."
                )
            images.add(sample.id)
            if sample.mask is not None and owners.setdefault(sample.mask, sample.id) != sample.id:
                raise DataError(
                    f"{self._where(category)}, masks: {owners[sample.mask]} and {sample.id} share the mask "
                    f"{sample.mask.name}; a pattern with {{kind}}/{{stem}} or {{folder}}/{{stem}} tells them apart."
                )

    def _described(self, category: str) -> CategoryDescription:
        check_category(self.info.name, category, self._categories)
        return self._categories[category]

    def _where(self, category: str) -> str:
        return f"{self._description.path}, [categories.{category}]"

    def _matches(self, category: str, key: str, patterns: Iterable[str], kind: str) -> list[Path]:
        """Images of one list, sorted; a mask that lies among its images is none of them."""
        described = self._described(category)
        found: set[Path] = set()
        for pattern in patterns:
            images = set(matching(self._folder, pattern))
            if not images:
                raise DataError(
                    f"{self._where(category)}, {key}: {pattern!r} matches no image; "
                    f"expected a folder or a pattern of {', '.join(sorted(IMAGE_SUFFIXES))} files."
                )
            found |= images
        masks = {mask for image in found for mask in self._masks(described, image, kind) if mask != image}
        return sorted(found - masks)
