"""3CAD: parts of phones, tablets and computers from production lines, eight categories."""

from harness.datasets._base import DatasetInfo
from harness.datasets.readers.published_dataset import MVTecLayout

_COUNTS = {
    "Aluminum_Camera_Cover": (784, 1446),
    "Aluminum_Ipad": (2096, 2047),
    "Aluminum_Middle_Frame": (1548, 1479),
    "Aluminum_New_Ipad": (2233, 4936),
    "Aluminum_New_Middle_Frame": (1072, 1406),
    "Aluminum_Pc": (1698, 3161),
    "Copper_Stator": (409, 959),
    "Iron_Stator": (653, 1112),
}


class ThreeCAD(MVTecLayout):
    """The published split and masks, laid out as MVTec AD is, but that a mask has the name of its image.

    Counts are those of the README of github.com/EnquanYang2022/3CAD, folders those of the README beside its loader,
    names of masks those that the loader reads (``Data_3CAD.py`` in ``train_utils/toolbox/datasets``). None of them
    states a licence. The authors renamed the kinds of defects in April 2025, which gives another fingerprint.
    """

    info = DatasetInfo(
        name="3cad",
        title="3CAD",
        citation=(
            "E. Yang, P. Xing, H. Sun, W. Guo, Y. Ma, Z. Li, D. Zeng: 3CAD: A Large-Scale Real-World 3C Product "
            "Dataset for Unsupervised Anomaly Detection. AAAI, 2025."
        ),
        licence="none stated",
        homepage="https://github.com/EnquanYang2022/3CAD",
        layout="3cad/<category>/train/good/*.png, test/good/, test/<kind>/<image>.png, ground_truth/<kind>/<image>.png",
        counts=_COUNTS,
        split_author="authors",
        split_note="The authors' training and test folders.",
    )
    names = tuple(_COUNTS)
    mask_suffixes = ("",)
