"""Folders that evaluation servers of data sets with private test sets take: what belongs into one, and its check."""

from harness.submissions.checking import submission_faults
from harness.submissions.folder import PrivateImage, map_file, mask_file, write_map

__all__ = ["PrivateImage", "map_file", "mask_file", "submission_faults", "write_map"]
