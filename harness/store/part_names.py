"""Names of parts. A part is never changed once it is there, and its name says which of two is the newer one.

``<cell>-<number>-<random>`` is one write of one cell. Numbers come from what is listed and from no clock: a write
that begins after another has ended has the greater one. A part of an earlier release is called after its cell alone.
"""

import re
import secrets
from collections.abc import Iterable

_NUMBERED = re.compile(r"(?:(?P<cell>.+)-)?(?P<number>\d{10})-[0-9a-f]{8}")


def new_name(earlier: Iterable[str], cell_id: str | None = None) -> str:
    """A name that is newer than others and that no other writer chooses.

    Args:
        earlier: Names of parts and packs.
        cell_id: Whose part it is; None for a pack of many cells.

    >>> new_name(["feed-0000000007-01234567"], "beef")[:15]
    'beef-0000000008'
    """
    number = max(map(number_of, earlier), default=0) + 1
    return f"{'' if cell_id is None else f'{cell_id}-'}{number:010d}-{secrets.token_hex(4)}"


def number_of(name: str) -> int:
    """The number in the name of a part or pack; 0 for a part of an earlier release."""
    found = _NUMBERED.fullmatch(name)
    return int(found["number"]) if found else 0


def cell_of(name: str) -> str:
    """The cell of a part.

    >>> cell_of("feed-0000000007-01234567"), cell_of("feed")
    ('feed', 'feed')
    """
    found = _NUMBERED.fullmatch(name)
    return found["cell"] if found and found["cell"] else name
