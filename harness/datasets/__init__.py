"""Data sets by name. To add one: a module here, a line below, and the contract test picks it up."""

from harness.datasets._base import Dataset, DatasetInfo, Sample, Split
from harness.registry import Registry

DATASETS: Registry[type[Dataset]] = Registry(
    "data set",
    {
        "mvtec_ad": "harness.datasets.mvtec_ad:MVTecAD",
        "mtd": "harness.datasets.mtd:MagneticTileDefects",
        "ksdd": "harness.datasets.ksdd:KolektorSDD",
        "demo": "harness.datasets.demo:Demo",
    },
)

__all__ = ["DATASETS", "Dataset", "DatasetInfo", "Sample", "Split"]
