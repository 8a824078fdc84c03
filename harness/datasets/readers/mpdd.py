"""MPDD: painted metal parts under changing light, position and background."""

from harness.datasets._base import DatasetInfo
from harness.datasets.readers.published_dataset import MVTecLayout

_COUNTS = {
    "bracket_black": (289, 79),
    "bracket_brown": (185, 77),
    "bracket_white": (110, 60),
    "connector": (128, 44),
    "metal_plate": (54, 97),
    "tubes": (122, 101),
}


class MPDD(MVTecLayout):
    """The published split and masks, laid out as MVTec AD is.

    Small training sets: from 54 images of ``metal_plate`` to 289 of ``bracket_black``.
    """

    info = DatasetInfo(
        name="mpdd",
        title="Metal Parts Defect Detection",
        citation=(
            "S. Jezek, M. Jonak, R. Burget, P. Dvorak, M. Skotak: Deep learning-based defect detection of metal parts: "
            "evaluating current methods in complex conditions. ICUMT, 66-71, 2021."
        ),
        licence="none stated by its README; CC BY-NC-SA 4.0 by common account",
        homepage="https://github.com/stepanje/MPDD",
        layout="mpdd/<category>/train/good/000.png, test/good/, test/<kind>/000.png, ground_truth/<kind>/000_mask.png",
        counts=_COUNTS,
        split_author="authors",
        split_note="The authors' training and test folders.",
    )
    names = tuple(_COUNTS)
