"""GoodsAD: goods of a supermarket, six categories of many products each, large photographs."""

from harness.datasets._base import DatasetInfo
from harness.datasets.readers.published_dataset import MVTecLayout

_COUNTS = {
    "drink_bottle": (733, 781),
    "drink_can": (234, 294),
    "food_bottle": (1014, 604),
    "food_box": (432, 397),
    "food_package": (540, 483),
    "cigarette_box": (183, 429),
}


class GoodsAD(MVTecLayout):
    """The published split and masks, laid out as MVTec AD is.

    Layout, counts and citation are those of the README of github.com/jianzhang96/GoodsAD, which states no licence and
    says that the format is MVTec AD's. It does not name the masks, and loaders of MVTec AD that it points to pair
    them by their order: both ``000_mask.png`` and ``000.png`` are read as the mask of image 000.
    """

    info = DatasetInfo(
        name="goodsad",
        title="PKU-GoodsAD",
        citation=(
            "J. Zhang, R. Ding, M. Ban, L. Dai: PKU-GoodsAD: A Supermarket Goods Dataset for Unsupervised Anomaly "
            "Detection and Segmentation. IEEE Robotics and Automation Letters 9(3), 2008-2015, 2024."
        ),
        licence="none stated",
        homepage="https://github.com/jianzhang96/GoodsAD",
        layout=(
            "goodsad/<category>/train/good/<six digits>.*, test/good/, test/<kind>/000000.*, "
            "ground_truth/<kind>/000000_mask.png (or 000000.png)"
        ),
        counts=_COUNTS,
        split_author="authors",
        split_note="The authors' training and test folders.",
    )
    names = tuple(_COUNTS)
    mask_suffixes = ("_mask", "")
