"""Who trains and who tests: the data set's own split, one without leaks, folds, or a file of the user's."""

from harness.datasets.splits.manifest import write_manifest
from harness.datasets.splits.names import check_split_name, is_manifest, split_identity
from harness.datasets.splits.splitting import make_split

__all__ = ["check_split_name", "is_manifest", "make_split", "split_identity", "write_manifest"]
