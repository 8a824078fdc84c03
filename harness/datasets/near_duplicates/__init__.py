"""Repeated photographs of one thing, found from pixels alone.

Thumbnails that do not depend on the lighting (`thumbnail`) are compared by their low frequencies (`candidates`), and by
what is left when what all share is removed (`unshared`). The remaining pairs are compared by all frequencies and at
every small shift (`correlation`), and the nearest of them in detail (`detail`, `alignment`). A pair is one of twins if
it is more alike than the look-alikes of its category are (`look_alikes`), or if the images are a sequence (`sequence`).
Pairs form groups (`chains`, `groups`).
"""

from harness.datasets.near_duplicates.detail import DETAIL_PX, detail
from harness.datasets.near_duplicates.groups import TwinGroup, find_groups
from harness.datasets.near_duplicates.thumbnail import SIDE_PX, thumbnail

__all__ = ["DETAIL_PX", "SIDE_PX", "TwinGroup", "detail", "find_groups", "thumbnail"]
