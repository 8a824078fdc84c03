from pathlib import Path

import pytest

from harness.datasets.readers.btad import BTAD
from tests.support import miniatures


@pytest.mark.parametrize(
    ("product", "image", "mask"), [("01", "bmp", "png"), ("02", "png", "png"), ("03", "bmp", "bmp")]
)
def test_a_mask_has_its_images_name_and_either_suffix(tmp_path: Path, product: str, image: str, mask: str) -> None:
    base = miniatures.btad(tmp_path)
    split = BTAD().split(tmp_path, product, 0)
    assert [sample.id for sample in split.train] == [f"{product}/train/ok/{n:04d}.{image}" for n in range(4)]
    assert [sample.defect_kind for sample in split.test] == ["good", "good", "ko", "ko"]
    assert split.test[2].mask == base / product / f"ground_truth/ko/0000.{mask}"
