"""Repeated photographs of one thing, found from pixels alone.

Thumbnails that do not depend on the lighting (`thumbnail`) are compared by their low frequencies (`candidates`). The
remaining pairs are compared by all frequencies and at every small shift (`correlation`), and connected pairs form a
group (`groups`).
"""

from harness.datasets.near_duplicates.groups import TwinGroup, find_groups
from harness.datasets.near_duplicates.thumbnail import SIDE_PX, thumbnail

__all__ = ["SIDE_PX", "TwinGroup", "find_groups", "thumbnail"]
