"""Every metric by name."""

from collections.abc import Mapping

METRIC_TITLES: Mapping[str, str] = {
    "image_auroc": "image AUROC",
    "image_average_precision": "image AP",
    "image_f1_max": "image F1-max",
    "pixel_auroc": "pixel AUROC",
    "pixel_average_precision": "pixel AP",
    "pixel_f1_max": "pixel F1-max",
    "aupro_30": "AUPRO",
    "aupro_05": "AUPRO 5%",
    "spro_05": "sPRO 5%",
}
"""Metric columns and their headings, in the order in which a table may show them."""
