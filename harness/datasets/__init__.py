"""Data sets by name. To add one: a module here, a line below, and the contract test picks it up."""

from harness.datasets._base import Dataset, DatasetInfo, Sample, Saturation, Split
from harness.registry import Registry

DATASETS: Registry[type[Dataset]] = Registry(
    "data set",
    {
        "mvtec_ad": "harness.datasets.mvtec_ad:MVTecAD",
        "mvtec_loco": "harness.datasets.mvtec_loco:MVTecLOCO",
        "visa": "harness.datasets.visa:VisA",
        "real_iad": "harness.datasets.real_iad:RealIAD",
        "btad": "harness.datasets.btad:BTAD",
        "mpdd": "harness.datasets.mpdd:MPDD",
        "mtd": "harness.datasets.mtd:MagneticTileDefects",
        "ksdd": "harness.datasets.ksdd:KolektorSDD",
        "ksdd2": "harness.datasets.ksdd2:KolektorSDD2",
        "dagm": "harness.datasets.dagm:DAGM2007",
        "aitex": "harness.datasets.aitex:AITEX",
        "demo": "harness.datasets.demo:Demo",
    },
)

__all__ = ["DATASETS", "Dataset", "DatasetInfo", "Sample", "Saturation", "Split"]
