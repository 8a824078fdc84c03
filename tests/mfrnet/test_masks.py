import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mfrnet.masks import cell_that_fits, crossed_masks

GRIDS = st.tuples(st.integers(2, 13), st.integers(2, 13))


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@given(n=st.integers(1, 3), k=st.integers(2, 4), cell=st.integers(1, 4), grid=GRIDS, seed=st.integers(0, 2**31))
def test_masks_of_a_subset_are_disjoint_and_complete(
    n: int, k: int, cell: int, grid: tuple[int, int], seed: int
) -> None:
    if (grid[0] // cell) * (grid[1] // cell) < k:
        with pytest.raises(ValueError, match="whole blocks"):
            crossed_masks(n, k, cell, grid, seeded(seed))
        return
    masks_nKHW = crossed_masks(n, k, cell, grid, seeded(seed))
    assert masks_nKHW.shape == (n, k, *grid)
    assert (masks_nKHW.sum(dim=1) == 1).all()


@given(k=st.integers(2, 4), seed=st.integers(0, 2**31))
def test_every_mask_hides_about_one_kth(k: int, seed: int) -> None:
    masks_KHW = crossed_masks(1, k, 2, (24, 24), seeded(seed))[0]
    shares = masks_KHW.float().mean(dim=(1, 2))
    assert (shares - 1 / k).abs().max() < 0.07


def test_masks_are_a_function_of_the_seed() -> None:
    assert torch.equal(crossed_masks(3, 2, 2, (12, 12), seeded(7)), crossed_masks(3, 2, 2, (12, 12), seeded(7)))
    assert not torch.equal(crossed_masks(3, 2, 2, (12, 12), seeded(7)), crossed_masks(3, 2, 2, (12, 12), seeded(8)))


def test_a_mask_is_made_of_whole_cells() -> None:
    masks_HW = crossed_masks(1, 2, 3, (30, 30), seeded(0))[0, 0]
    # Along a row, ownership changes only every third position, at one common phase.
    changes = (masks_HW[:, 1:] != masks_HW[:, :-1]).nonzero()[:, 1]
    assert len({int(column) % 3 for column in changes}) == 1


@pytest.mark.parametrize("k", [0, 1, 577])
def test_an_impossible_k_is_refused(k: int) -> None:
    with pytest.raises(
        ValueError, match=rf"^k: expected 2 to 576 masks on a 24 x 24 grid with cell = 1 .*, got {k}; reduce k or cell"
    ):
        crossed_masks(1, k, 1, (24, 24), seeded(0))


@given(cell=st.integers(1, 6), k=st.integers(2, 4), grid=GRIDS)
def test_scoring_blocks_shrink_until_the_map_holds_four_for_each_mask(cell: int, k: int, grid: tuple[int, int]) -> None:
    def whole_blocks(side: int) -> int:
        return (grid[0] // side) * (grid[1] // side)

    fitting = cell_that_fits(cell, k, grid)
    assert 1 <= fitting <= cell
    assert fitting == 1 or whole_blocks(fitting) >= 4 * k
    assert fitting == cell or whole_blocks(fitting + 1) < 4 * k
