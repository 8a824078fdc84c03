"""Photographs of one thing taken twice, found from pixels alone.

A thumbnail that does not depend on the light (`thumbnail`) is compared with all others by its coarse
waves (`candidates`), the pairs that are left by all its waves and at every small shift
(`correlation`), and what belongs together becomes a group (`groups`).
"""

from harness.datasets.near_duplicates.groups import TwinGroup, find_groups
from harness.datasets.near_duplicates.thumbnail import SIDE_PX, thumbnail

__all__ = ["SIDE_PX", "TwinGroup", "find_groups", "thumbnail"]
