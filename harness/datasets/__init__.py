"""Data sets by name. To add one: a module here, a line below, and the contract test picks it up."""

from harness.datasets._base import (
    Dataset,
    DatasetInfo,
    HoldsPrivateImages,
    PublishesSplits,
    Sample,
    Saturation,
    Split,
)
from harness.registry import Registry

DATASETS: Registry[type[Dataset]] = Registry(
    "data set",
    {
        "mvtec_ad": "harness.datasets.readers.mvtec_ad:MVTecAD",
        "mvtec_ad_2": "harness.datasets.readers.mvtec_ad_2:MVTecAD2",
        "mvtec_loco": "harness.datasets.readers.mvtec_loco:MVTecLOCO",
        "visa": "harness.datasets.readers.visa:VisA",
        "real_iad": "harness.datasets.readers.real_iad:RealIAD",
        "real_iad_variety": "harness.datasets.readers.real_iad_variety:RealIADVariety",
        "btad": "harness.datasets.readers.btad:BTAD",
        "mpdd": "harness.datasets.readers.mpdd:MPDD",
        "goodsad": "harness.datasets.readers.goodsad:GoodsAD",
        "3cad": "harness.datasets.readers.three_cad:ThreeCAD",
        "autovi": "harness.datasets.readers.autovi:AutoVI",
        "vad": "harness.datasets.readers.vad:ValeoAnomalyDataset",
        "mtd": "harness.datasets.readers.mtd:MagneticTileDefects",
        "ksdd": "harness.datasets.readers.ksdd:KolektorSDD",
        "ksdd2": "harness.datasets.readers.ksdd2:KolektorSDD2",
        "dagm": "harness.datasets.readers.dagm:DAGM2007",
        "aitex": "harness.datasets.readers.aitex:AITEX",
        "demo": "harness.datasets.demo:Demo",
    },
    entry_points="mfrnet_bench.datasets",
)

__all__ = [
    "DATASETS",
    "Dataset",
    "DatasetInfo",
    "HoldsPrivateImages",
    "PublishesSplits",
    "Sample",
    "Saturation",
    "Split",
]
