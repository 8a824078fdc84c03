"""Crossed masks: inside a subset disjoint and complete, so that every position is restored once.

Shapes: n subsets, K masks a subset, H x W grid positions.
"""

import torch
from torch import Tensor


def crossed_masks(n: int, k: int, cell: int, grid: tuple[int, int], generator: torch.Generator) -> Tensor:
    """Draw n independent subsets of k complementary masks.

    The grid is tiled by blocks of ``cell`` x ``cell`` positions, the tiling shifted at random in each
    subset so that no block border is always a border. The blocks are dealt to the k masks at random
    and in equal numbers; blocks that the grid's border cuts, or leaves empty, count as whole ones, so
    on a grid of few blocks the masks hide somewhat more or less than 1/k each.

    Args:
        n: Number of subsets, 1 or more.
        k: Masks a subset, 2 or more.
        cell: Side of a block in grid positions, 1 or more.
        grid: Height and width of the feature map in positions.
        generator: Source of all randomness; equal states give equal masks.

    Returns:
        bool ``nKHW`` on the CPU; True is hidden. Over K the masks are disjoint and cover every position.

    Raises:
        ValueError: The grid has fewer blocks than there are masks, so one mask would be empty.
    """
    height, width = grid
    num_blocks = (height // cell) * (width // cell)
    if k < 2 or num_blocks < k:
        raise ValueError(
            f"k = {k} masks of cell = {cell} do not fit a {height} x {width} grid ({num_blocks} whole blocks); "
            f"right would be 2 <= k <= {num_blocks}, or a smaller cell."
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
    """``cell``, or the largest smaller one of which the grid holds at least ``4 * k`` whole blocks.

    Returns:
        A block side in [1, ``cell``] grid positions; 1 where the grid is too small for any other.
    """
    height, width = grid
    fitting = (side for side in range(cell, 1, -1) if (height // side) * (width // side) >= 4 * k)
    return next(fitting, 1)


def _blocks_along(length: int, cell: int) -> int:
    # A shift of up to cell - 1 positions can open one more block at the far side.
    return (length + cell - 2) // cell + 1
