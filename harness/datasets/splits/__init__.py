"""Which images train and which are tested: published splits, splits without leaks, folds, and manifests."""

from harness.datasets.splits.cell_split import chosen_split, pooled, splits_of_cell
from harness.datasets.splits.disturbing import disturbed
from harness.datasets.splits.limiting import limited
from harness.datasets.splits.manifest import write_manifest
from harness.datasets.splits.names import check_split_name, is_manifest, split_identity
from harness.datasets.splits.splitting import make_split

__all__ = [
    "check_split_name",
    "chosen_split",
    "disturbed",
    "is_manifest",
    "limited",
    "make_split",
    "pooled",
    "split_identity",
    "splits_of_cell",
    "write_manifest",
]
