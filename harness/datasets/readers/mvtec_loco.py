"""MVTec LOCO AD: logical anomalies (a part too many, in the wrong place) beside structural ones."""

from harness.datasets._base import DatasetInfo
from harness.datasets.readers.loco_layout import LOCOLayout

_COUNTS = {
    "breakfast_box": (351, 275),
    "juice_bottle": (335, 330),
    "pushpins": (372, 310),
    "screw_bag": (360, 341),
    "splicing_connectors": (360, 312),
}


class MVTecLOCO(LOCOLayout):
    """The published split and masks, one mask file a defect; kinds are logical and structural anomalies.

    The validation images are normal and are not used: neither trained on nor tested on, but listed as
    left out. ``defects_config.json`` gives the saturations of the data set's own metric, sPRO. The
    archive holds 1,778 training and 305 validation images, six and one more than the paper states.
    """

    info = DatasetInfo(
        name="mvtec_loco",
        title="MVTec LOCO AD",
        citation=(
            "P. Bergmann, K. Batzner, M. Fauser, D. Sattlegger, C. Steger: Beyond Dents and Scratches: Logical "
            "Constraints in Unsupervised Anomaly Detection and Localization. IJCV 130, 947-969, 2022."
        ),
        licence="CC BY-NC-SA 4.0",
        homepage="https://www.mvtec.com/company/research/datasets/mvtec-loco",
        layout=(
            "mvtec_loco/<category>/train/good/000.png, validation/good/, test/{good,logical_anomalies,"
            "structural_anomalies}/000.png, ground_truth/<kind>/000/000.png (several a folder), defects_config.json"
        ),
        counts=_COUNTS,
        split_author="authors",
        split_note="The authors' training and test folders; their validation images are left out.",
    )
    names = tuple(_COUNTS)
