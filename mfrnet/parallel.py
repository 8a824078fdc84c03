"""Work divided over the processes of a ``torch.distributed`` group; a single process needs no group.

Whoever starts the processes initialises the default group (``gloo`` on CPUs; ``nccl`` on GPUs, after
``torch.cuda.set_device`` in each process). All processes then make the same calls in the same order. Results are
exchanged in the order of the ranks, so that every process holds the same values to the last bit.
"""

import pickle
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any, TypeVar

from torch import distributed

T = TypeVar("T")
Item = TypeVar("Item")


def world_size() -> int:
    """Number of processes in the default group; 1 without a group.

    >>> world_size()
    1
    """
    return distributed.get_world_size() if distributed.is_available() and distributed.is_initialized() else 1


def rank() -> int:
    """Number of this process in the default group; 0 without a group.

    >>> rank()
    0
    """
    return distributed.get_rank() if world_size() > 1 else 0


def share(num_items: int) -> range:
    """The contiguous items of this process; shares differ by at most one item.

    Args:
        num_items: Of all processes together, at least 0.

    >>> share(5)
    range(0, 5)
    """
    return range(rank() * num_items // world_size(), (rank() + 1) * num_items // world_size())


def on_all_ranks(work: Callable[[], T]) -> list[T]:
    """Run ``work`` in every process and exchange the results, which also makes the processes wait for each other.

    Args:
        work: Called once; its result must be picklable and must not lie on a GPU if there is a group.

    Returns:
        One result per process, in the order of the ranks.

    Raises:
        Exception: What ``work`` raised in the first process in which it failed; raised in every process, so that
            none waits for one that has stopped.

    >>> on_all_ranks(lambda: "done")
    ['done']
    """
    if world_size() == 1:
        return [work()]
    result: T | None = None
    failure: Exception | None = None
    try:
        result = work()
    except Exception as error:
        failure = error
    outcomes: list[Any] = [None] * world_size()
    distributed.all_gather_object(outcomes, (result, _picklable(failure)))
    first = next((error for _, error in outcomes if error is not None), None)
    if first is not None:
        raise first from failure
    return [each for each, _ in outcomes]


def divided(work: Callable[[Item], T], items: Sequence[Item]) -> Iterator[T]:
    """Apply ``work`` to every item; each process takes every N-th item.

    Every process receives every result, in the order of the items, and must consume all of them.

    Args:
        work: Called with one item; its result is as for ``on_all_ranks``.
        items: The same in every process.

    Raises:
        Exception: What ``work`` raised; raised in every process.

    >>> list(divided(abs, [-1, 2, -3]))
    [1, 2, 3]
    """
    for start in range(0, len(items), world_size()):
        mine = items[start : start + world_size()][rank() : rank() + 1]
        yield from chain.from_iterable(on_all_ranks(lambda mine=mine: [work(item) for item in mine]))  # type: ignore[misc]


def _picklable(error: Exception | None) -> Exception | None:
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
