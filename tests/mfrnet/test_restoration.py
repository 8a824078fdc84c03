import pytest
import torch

from mfrnet.blocks import MAX_KEYS_PER_SIDE, HybridBlock
from mfrnet.masks import crossed_masks
from mfrnet.restoration import RestorationNetwork


def network(channels: int = 6) -> RestorationNetwork:
    torch.manual_seed(0)
    return RestorationNetwork(channels, width=16, depth=1, num_heads=2).eval()


def masks(n: int = 3, k: int = 2, grid: tuple[int, int] = (8, 8)) -> torch.Tensor:
    return crossed_masks(n, k, 1, grid, torch.Generator().manual_seed(0)).unsqueeze(0)


@pytest.mark.parametrize("grid", [(8, 8), (7, 9), (1, 5)])
def test_each_subset_restores_a_map_of_the_shape_of_the_features(grid: tuple[int, int]) -> None:
    features = torch.randn(2, 6, *grid)
    both = masks(3, 2, grid).expand(2, -1, -1, -1, -1)
    assert network()(features, both).shape == (2, 3, 6, *grid)
    assert network()(features, both, crossed=False).shape == (2, 3, 2, 6, *grid)


def test_nothing_hidden_leaks_into_the_restoration() -> None:
    features = torch.randn(1, 6, 8, 8)
    hidden_KHW = masks(n=1)[0, 0]
    for number, hidden in enumerate(hidden_KHW):
        disturbed = torch.where(hidden, features + 100, features)
        before, after = (network()(each, masks(n=1), crossed=False)[0, 0, number] for each in (features, disturbed))
        assert torch.equal(before, after)


def test_what_is_visible_does_matter() -> None:
    features = torch.randn(1, 6, 8, 8)
    hidden = masks(n=1)[0, 0, 0]
    disturbed = torch.where(hidden, features, features + 1)
    before, after = (network()(each, masks(n=1), crossed=False)[0, 0, 0] for each in (features, disturbed))
    assert not torch.allclose(before, after)


def test_a_crossed_restoration_takes_every_position_from_the_pass_that_hid_it() -> None:
    features, drawn = torch.randn(1, 6, 8, 8), masks(n=2, k=3)
    passes_nKCHW = network()(features, drawn, crossed=False)[0]
    expected = (passes_nKCHW * drawn[0].unsqueeze(2)).sum(dim=1)
    assert torch.allclose(network()(features, drawn)[0], expected, atol=1e-5)


def test_the_block_works_on_grids_with_pooled_keys() -> None:
    maps = torch.randn(1, MAX_KEYS_PER_SIDE + 3, 5, 16)
    assert HybridBlock(16, 2)(maps).shape == maps.shape
