"""Crossed masks: disjoint and complete within a subset, so that every position is restored exactly once.

Shapes: n subsets, K masks of a subset, H x W grid positions.
"""

import torch
from torch import Tensor


def crossed_masks(n: int, k: int, cell: int, grid: tuple[int, int], generator: torch.Generator) -> Tensor:
    """Draw n independent subsets of k complementary masks.

    The grid is tiled by blocks of ``cell`` x ``cell`` positions. The tiling is shifted at random in each subset, so
    that block borders do not always lie at the same positions. The blocks are distributed over the k masks at random
    and in equal numbers. Blocks that the border of the grid cuts off partly or entirely count as whole blocks, so on a
    grid of few blocks a mask can hide more or less than 1/k: with 3 x 3 blocks and k = 2 from a ninth to eight ninths,
    with fewer than that sometimes all or nothing.

    Args:
        n: Number of subsets, at least 1.
        k: Masks in a subset, at least 2.
        cell: Side of a block in grid positions, at least 1.
        grid: Height and width of the feature map in positions.
        generator: Source of all randomness; equal states give equal masks.

    Returns:
        bool ``nKHW`` on the CPU; True is hidden. Over K the masks are disjoint and cover every position.

    Raises:
        ValueError: The grid has fewer whole blocks than masks.

    >>> masks = crossed_masks(n=1, k=2, cell=1, grid=(2, 2), generator=torch.Generator().manual_seed(0))
    >>> masks.shape, masks.sum(dim=1).tolist()
    (torch.Size([1, 2, 2, 2]), [[[1, 1], [1, 1]]])
    """
    height, width = grid
    num_blocks = (height // cell) * (width // cell)
    if k < 2 or num_blocks < k:
        raise ValueError(
            f"k: expected 2 to {num_blocks} masks on a {height} x {width} grid with cell = {cell} "
            f"({num_blocks} whole blocks), got {k}; reduce k or cell."
        )
    rows, columns = _blocks_along(height, cell), _blocks_along(width, cell)
    subsets = []
    for _ in range(n):
        owner = torch.arange(rows * columns) % k
        owner_of_block = owner[torch.randperm(rows * columns, generator=generator)].view(rows, columns)
        shift = torch.randint(cell, (2,), generator=generator)
        row_of = (torch.arange(height) + shift[0]) // cell
        column_of = (torch.arange(width) + shift[1]) // cell
        owner_HW = owner_of_block[row_of][:, column_of]
        subsets.append(owner_HW.unsqueeze(0) == torch.arange(k).view(k, 1, 1))
    return torch.stack(subsets)


def cell_that_fits(cell: int, k: int, grid: tuple[int, int]) -> int:
    """``cell``, or the largest smaller block side with which the grid holds at least ``4 * k`` whole blocks.

    Returns:
        A block side in [1, ``cell``] grid positions; 1 if the grid is too small for a larger one.

    >>> cell_that_fits(4, k=2, grid=(12, 12)), cell_that_fits(4, k=2, grid=(6, 6))
    (4, 2)
    """
    height, width = grid
    fitting = (side for side in range(cell, 1, -1) if (height // side) * (width // side) >= 4 * k)
    return next(fitting, 1)


def _blocks_along(length: int, cell: int) -> int:
    # A shift of up to cell - 1 positions can expose one more block at the far side.
    return (length + cell - 2) // cell + 1
