"""MVTec AD, the field's standard set: fifteen categories of objects and textures."""

from pathlib import Path

from harness.datasets._base import DatasetInfo, Split
from harness.datasets.layout import check_category, mvtec_files, mvtec_split, not_installed

_COUNTS = {
    "bottle": (209, 83),
    "cable": (224, 150),
    "capsule": (219, 132),
    "carpet": (280, 117),
    "grid": (264, 78),
    "hazelnut": (391, 110),
    "leather": (245, 124),
    "metal_nut": (220, 115),
    "pill": (267, 167),
    "screw": (320, 160),
    "tile": (230, 117),
    "toothbrush": (60, 42),
    "transistor": (213, 100),
    "wood": (247, 79),
    "zipper": (240, 151),
}


class MVTecAD:
    """The published split and masks; any part of the fifteen categories may be in place."""

    info = DatasetInfo(
        name="mvtec_ad",
        title="MVTec AD",
        citation=(
            "P. Bergmann, K. Batzner, M. Fauser, D. Sattlegger, C. Steger: The MVTec Anomaly Detection Dataset: "
            "A Comprehensive Real-World Dataset for Unsupervised Anomaly Detection. IJCV 129(4), 2021."
        ),
        licence="CC BY-NC-SA 4.0",
        homepage="https://www.mvtec.com/company/research/datasets/mvtec-ad",
        layout=(
            "mvtec_ad/<category>/train/good/000.png, test/good/000.png, test/<kind>/000.png, "
            "ground_truth/<kind>/000_mask.png"
        ),
        counts=_COUNTS,
    )
    version = 1

    def folder(self, root: Path) -> Path:
        """``mvtec_ad`` below the data root."""
        return root / self.info.name

    def is_installed(self, root: Path) -> bool:
        """Whether one of the fifteen categories is there."""
        return bool(self._present(root))

    def categories(self, root: Path) -> tuple[str, ...]:
        """The published categories that are in place, in alphabetical order.

        Raises:
            DataError: None is.
        """
        present = self._present(root)
        if not present:
            raise not_installed(self.info, self.folder(root))
        return present

    def files(self, root: Path, category: str) -> tuple[Path, ...]:
        """Every image and mask of a category.

        Raises:
            DataError: The data set is not there.
            UnknownNameError: No such category in place.
        """
        check_category(self.info.name, category, self.categories(root))
        return mvtec_files(self.folder(root), category)

    def split(self, root: Path, category: str, seed: int) -> Split:
        """The published split; ``seed`` changes nothing.

        Raises:
            DataError: The data set is not there.
            UnknownNameError: No such category in place.
        """
        check_category(self.info.name, category, self.categories(root))
        return mvtec_split(self.folder(root), category)

    def _present(self, root: Path) -> tuple[str, ...]:
        return tuple(name for name in _COUNTS if (self.folder(root) / name / "train").is_dir())
