from pathlib import Path

import pytest

from harness.datasets import DATASETS
from tests.support import miniatures

PUBLISHED = {
    "mvtec_ad": (15, 3629, 1725),
    "mvtec_ad_2": (8, 2528, 1084),
    "mvtec_loco": (5, 1778, 1568),
    "visa": (12, 8659, 2162),
    "btad": (3, 1799, 741),
    "mpdd": (6, 888, 458),
    "goodsad": (6, 3136, 1328 + 1660),
    "3cad": (8, 10493, 16546),
    "autovi": (6, 1523, 2399),
    "vad": (1, 2000, 2000),
    "dagm": (10, 8050 - 1046, 8050),
}
"""Categories, training images and test images in all."""


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_counts_add_up(name: str) -> None:
    counts = DATASETS.get(name).info.counts.values()
    assert (len(counts), sum(train for train, _ in counts), sum(test for _, test in counts)) == PUBLISHED[name]


@pytest.mark.parametrize(
    ("name", "category", "train", "kinds", "mask"),
    [
        (
            "mvtec_ad",
            "carpet",
            [f"carpet/train/good/{n:03d}.png" for n in range(6)],
            ["good"] * 3 + ["hole"] * 2 + ["stain"] * 2,
            "carpet/ground_truth/stain/001_mask.png",
        ),
        (
            "mpdd",
            "metal_plate",
            [f"metal_plate/train/good/{n:03d}.png" for n in range(4)],
            ["good"] * 2 + ["major_rust"] * 2,
            "metal_plate/ground_truth/major_rust/001_mask.png",
        ),
        (
            "visa",
            "pcb1",
            [f"pcb1/Data/Images/Normal/{n:04d}.JPG" for n in range(4)],
            ["good"] * 2 + ["anomaly"] * 2,
            "pcb1/Data/Masks/Anomaly/001.png",
        ),
        (
            "ksdd2",
            "ksdd2",
            [f"train/{n}.png" for n in range(10000, 10005)],
            ["good"] * 2 + ["defect"] * 2,
            "test/20003_GT.png",
        ),
        (
            "mvtec_ad_2",
            "can",
            [f"can/train/good/{n:03d}_regular.png" for n in range(4)],
            ["good"] * 2 + ["bad"] * 2,
            "can/test_public/ground_truth/bad/001_shift_1_mask.png",
        ),
        (
            "3cad",
            "Iron_Stator",
            [f"Iron_Stator/train/good/{n:04d}.png" for n in range(4)],
            ["good"] * 2 + ["scratch"] * 2,
            "Iron_Stator/ground_truth/scratch/0001.png",
        ),
        (
            "goodsad",
            "food_box",
            [f"food_box/train/good/001{n:03d}.jpg" for n in range(4)],
            ["good"] * 2 + ["opened"] * 2,
            "food_box/ground_truth/opened/003001_mask.png",
        ),
        (
            "autovi",
            "pipe_clip",
            [f"pipe_clip/train/good/{n:04d}.png" for n in range(4)],
            ["good"] * 2 + ["operator"] * 2 + ["unclipped"] * 2,
            "pipe_clip/ground_truth/unclipped/0001/0000.png",
        ),
        (
            "real_iad",
            "tape",
            [f"realiad_1024/tape/OK/S000{s}/tape_000{s}_C{c}_20230918.jpg" for s in (1, 2) for c in (1, 2)],
            ["good"] * 2 + ["scratch"] * 2,
            "realiad_1024/tape/NG/HS/S0004/tape_0004_C2_20230918.png",
        ),
    ],
)
def test_reads_the_published_split(
    tmp_path: Path, name: str, category: str, train: list[str], kinds: list[str], mask: str
) -> None:
    base = miniatures.BUILDERS[name](tmp_path)
    split = DATASETS.get(name)().split(tmp_path, category, 0)
    assert [sample.id for sample in split.train] == train
    assert [sample.defect_kind for sample in split.test] == kinds
    assert split.test[-1].mask == base / mask
