"""Data sets by name. To add one: a module here, a line below, and the contract test picks it up."""

from harness.datasets._base import Dataset, DatasetInfo, PublishesSplits, Sample, Saturation, Split
from harness.registry import Registry

DATASETS: Registry[type[Dataset]] = Registry(
    "data set",
    {
        "mvtec_ad": "harness.datasets.readers.mvtec_ad:MVTecAD",
        "mvtec_loco": "harness.datasets.readers.mvtec_loco:MVTecLOCO",
        "visa": "harness.datasets.readers.visa:VisA",
        "real_iad": "harness.datasets.readers.real_iad:RealIAD",
        "btad": "harness.datasets.readers.btad:BTAD",
        "mpdd": "harness.datasets.readers.mpdd:MPDD",
        "mtd": "harness.datasets.readers.mtd:MagneticTileDefects",
        "ksdd": "harness.datasets.readers.ksdd:KolektorSDD",
        "ksdd2": "harness.datasets.readers.ksdd2:KolektorSDD2",
        "dagm": "harness.datasets.readers.dagm:DAGM2007",
        "aitex": "harness.datasets.readers.aitex:AITEX",
        "demo": "harness.datasets.demo:Demo",
    },
    entry_points="mfrnet_bench.datasets",
)

__all__ = ["DATASETS", "Dataset", "DatasetInfo", "PublishesSplits", "Sample", "Saturation", "Split"]
