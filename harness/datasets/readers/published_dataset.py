"""What readers of published data sets share: a folder of its own, categories that may be in place."""

from abc import ABC, abstractmethod
from pathlib import Path

from harness.datasets._base import DatasetInfo, Split
from harness.datasets.image_folders import check_category, mvtec_files, mvtec_split, not_installed


class PublishedDataset(ABC):
    """A data set in the folder of its name below the data root; any part of its categories may be there.

    A subclass says in ``info`` and ``names`` what was published, and reads one category.
    """

    info: DatasetInfo
    names: tuple[str, ...]
    """The published categories in their order; the data set's own name where it is undivided."""
    version = 1

    def folder(self, root: Path) -> Path:
        """``info.name`` below the data root."""
        return root / self.info.name

    def is_installed(self, root: Path) -> bool:
        """Whether one of the published categories is there."""
        return bool(self._in_place(root))

    def categories(self, root: Path) -> tuple[str, ...]:
        """The published categories that are in place, in their published order.

        Raises:
            DataError: None is.
        """
        in_place = self._in_place(root)
        if not in_place:
            raise not_installed(self.info, self.folder(root))
        return in_place

    def files(self, root: Path, category: str) -> tuple[Path, ...]:
        """Every image and mask of a category, and every file that says what they are.

        Raises:
            DataError: The data set is not there, or a file that says what belongs to it is damaged.
            UnknownNameError: No such category in place.
        """
        check_category(self.info.name, category, self.categories(root))
        return tuple(sorted(set(self._files(self.folder(root), category))))

    def split(self, root: Path, category: str, seed: int) -> Split:
        """Samples of a category, as the class says; ``seed`` counts only where no split is published.

        Raises:
            DataError: The data set is not there, or its files do not say which images are defects.
            UnknownNameError: No such category in place.
        """
        check_category(self.info.name, category, self.categories(root))
        return self._split(self.folder(root), category, seed)

    def _in_place(self, root: Path) -> tuple[str, ...]:
        return tuple(name for name in self.names if self._has(self.folder(root), name))

    @abstractmethod
    def _has(self, base: Path, category: str) -> bool:
        """Whether a published category is there; looks at names only. ``base`` is the data set's folder."""

    @abstractmethod
    def _files(self, base: Path, category: str) -> list[Path]:
        """What ``files`` lists, in any order."""

    @abstractmethod
    def _split(self, base: Path, category: str, seed: int) -> Split:
        """What ``split`` returns."""


class MVTecLayout(PublishedDataset):
    """Laid out as MVTec AD is; the published split and masks."""

    def _has(self, base: Path, category: str) -> bool:
        return (base / category / "train").is_dir()

    def _files(self, base: Path, category: str) -> list[Path]:
        return mvtec_files(base, category)

    def _split(self, base: Path, category: str, seed: int) -> Split:
        return mvtec_split(base, category)
