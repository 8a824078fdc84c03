from pathlib import Path

from harness.datasets.readers.mpdd import MPDD
from tests.support import miniatures


def test_published_counts_add_up() -> None:
    counts = MPDD.info.counts.values()
    assert (len(counts), sum(train for train, _ in counts), sum(test for _, test in counts)) == (6, 888, 458)


def test_reads_the_published_split(tmp_path: Path) -> None:
    base = miniatures.mpdd(tmp_path)
    split = MPDD().split(tmp_path, "metal_plate", 0)
    assert len(split.train) == 4
    assert [sample.defect_kind for sample in split.test] == ["good", "good", "major_rust", "major_rust"]
    assert split.test[-1].mask == base / "metal_plate/ground_truth/major_rust/001_mask.png"
