"""MVTec AD, the field's standard set: fifteen categories of objects and textures."""

from harness.datasets._base import DatasetInfo
from harness.datasets.readers.published_dataset import MVTecLayout

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


class MVTecAD(MVTecLayout):
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
        split_author="authors",
        split_note="The authors' training and test folders.",
    )
    names = tuple(_COUNTS)
