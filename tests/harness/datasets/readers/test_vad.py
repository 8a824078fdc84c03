from pathlib import Path

from harness.datasets.archives.recognition import recognise
from harness.datasets.readers.vad import ValeoAnomalyDataset
from tests.support import miniatures


def test_tests_on_seen_and_unseen_kinds_without_masks(tmp_path: Path) -> None:
    miniatures.vad(tmp_path)
    split = ValeoAnomalyDataset().split(tmp_path, "vad", 0)
    assert [sample.id for sample in split.train] == [f"train/good/{n:04d}.png" for n in range(4)]
    assert [sample.defect_kind for sample in split.test] == ["good"] * 2 + ["bad"] * 2 + ["bad_unseen_defects"]
    assert not any(sample.masks for sample in split.test)


def test_counts_the_defects_that_do_not_train(tmp_path: Path) -> None:
    miniatures.vad(tmp_path)
    assert ValeoAnomalyDataset().split(tmp_path, "vad", 0).left_out == tuple(
        (f"train/bad/{n:04d}.png", "defect image of the published training set") for n in range(2)
    )


def test_a_single_category_in_the_layout_of_mvtec_ad_is_not_taken_for_it(tmp_path: Path) -> None:
    assert recognise(miniatures.mvtec_ad(tmp_path, ("bottle",)) / "bottle") == {}
