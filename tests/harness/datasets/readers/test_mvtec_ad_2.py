from pathlib import Path

import pytest

from harness.datasets import HoldsPrivateImages
from harness.datasets.fingerprint import fingerprint
from harness.datasets.readers.mvtec_ad_2 import MVTecAD2
from harness.datasets.verification import verify
from harness.errors import UnknownNameError
from tests.support import miniatures


def test_validation_images_are_set_apart_for_calibration(tmp_path: Path) -> None:
    miniatures.mvtec_ad_2(tmp_path)
    split = MVTecAD2().split(tmp_path, "can", 0)
    ids = [f"can/validation/good/{n:03d}_regular.png" for n in range(2)]
    assert [sample.id for sample in split.validation] == ids
    assert [sample_id for sample_id, _ in split.left_out] == ids
    assert not {*ids} & {sample.id for sample in (*split.train, *split.test)}


def test_lists_the_private_sets_in_order(tmp_path: Path) -> None:
    folder = miniatures.mvtec_ad_2(tmp_path) / "can"
    assert isinstance(MVTecAD2(), HoldsPrivateImages)
    assert MVTecAD2().private_images(tmp_path, "can") == {
        "test_private": tuple(folder / f"test_private/{n:03d}_regular.png" for n in range(2)),
        "test_private_mixed": tuple(folder / f"test_private_mixed/{n:03d}_mixed.png" for n in range(3)),
    }
    with pytest.raises(UnknownNameError, match="Unknown category of mvtec_ad_2 'cans'"):
        MVTecAD2().private_images(tmp_path, "cans")


def test_every_category_has_a_published_number_of_private_images() -> None:
    assert MVTecAD2.private_counts.keys() == MVTecAD2.info.counts.keys()
    assert sum(MVTecAD2.private_counts.values()) == 2045


def test_private_images_have_published_names() -> None:
    stems = MVTecAD2().private_stems("can")
    assert (stems["test_private"][0], stems["test_private"][-1]) == ("000_regular", "320_regular")
    assert (stems["test_private_mixed"][0], stems["test_private_mixed"][-1]) == ("000_mixed", "320_mixed")
    assert {len(names) for names in stems.values()} == {321}


def test_private_images_decide_no_result(tmp_path: Path) -> None:
    folder = miniatures.mvtec_ad_2(tmp_path) / "can"
    before = fingerprint(MVTecAD2(), tmp_path, "can")
    (folder / "test_private/000_regular.png").unlink()
    assert fingerprint(MVTecAD2(), tmp_path, "can") == before
    (folder / "validation/good/000_regular.png").unlink()
    assert fingerprint(MVTecAD2(), tmp_path, "can") != before


def test_private_images_are_verified_and_counted(tmp_path: Path) -> None:
    folder = miniatures.mvtec_ad_2(tmp_path) / "can"
    miniatures.truncate(folder / "test_private/000_regular.png")
    found = [(finding.file, finding.problem) for finding in verify(MVTecAD2(), tmp_path).findings]
    assert ("can", "2 images in test_private, where 321 were published") in found
    assert ("can", "3 images in test_private_mixed, where 321 were published") in found
    assert any(file == "can/test_private/000_regular.png" for file, _ in found)
    assert not any("belong" in problem for _, problem in found)
