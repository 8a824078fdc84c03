"""What a split that was written as a manifest must read as."""

from pathlib import Path

from harness.datasets import Dataset, Split
from harness.datasets.splits import make_split, write_manifest


def check_reads_as_itself(split: Split, dataset: Dataset, root: Path, category: str, path: Path) -> None:
    """Write a split to ``path`` and read it under another seed."""
    write_manifest([split], path)
    again = make_split(dataset, root, category, 9, str(path))
    assert set(again.train) == set(split.train)
    assert set(again.test) == set(split.test)
    assert {sample_id for sample_id, _ in again.left_out} == {sample_id for sample_id, _ in split.left_out}
