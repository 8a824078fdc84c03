import pytest
import torch

from mfrnet.blocks import MAX_KEYS_PER_SIDE, HybridBlock
from mfrnet.masks import crossed_masks
from mfrnet.restoration import RestorationNetwork
from mfrnet.training import restore_crossed


def network(channels: int = 6) -> RestorationNetwork:
    torch.manual_seed(0)
    return RestorationNetwork(channels, width=16, depth=1, num_heads=2).eval()


@pytest.mark.parametrize("grid", [(8, 8), (7, 9), (1, 5)])
def test_restored_maps_have_the_shape_of_the_features(grid: tuple[int, int]) -> None:
    features = torch.randn(2, 6, *grid)
    assert network()(features, torch.zeros(2, *grid, dtype=torch.bool)).shape == features.shape


def test_nothing_hidden_leaks_into_the_restoration() -> None:
    features = torch.randn(1, 6, 8, 8)
    hidden = crossed_masks(1, 2, 2, (8, 8), torch.Generator().manual_seed(0))[0, :1]
    disturbed = torch.where(hidden.unsqueeze(1), features + 100, features)
    assert torch.equal(network()(features, hidden), network()(disturbed, hidden))


def test_what_is_visible_does_matter() -> None:
    features = torch.randn(1, 6, 8, 8)
    hidden = crossed_masks(1, 2, 2, (8, 8), torch.Generator().manual_seed(0))[0, :1]
    disturbed = torch.where(hidden.unsqueeze(1), features, features + 1)
    assert not torch.allclose(network()(features, hidden), network()(disturbed, hidden))


def test_a_crossed_restoration_takes_every_position_from_the_pass_that_hid_it() -> None:
    class Echo(torch.nn.Module):
        """Gives the number of the pass at hidden positions and rubbish elsewhere."""

        def forward(self, features: torch.Tensor, hidden: torch.Tensor) -> torch.Tensor:
            number = torch.arange(len(features)).view(-1, 1, 1, 1).float()
            return torch.where(hidden.unsqueeze(1), number, torch.tensor(-999.0)).expand_as(features)

    masks_BKHW = crossed_masks(2, 3, 1, (6, 6), torch.Generator().manual_seed(1))
    restored = restore_crossed(Echo(), torch.zeros(2, 4, 6, 6), masks_BKHW)
    owner = masks_BKHW.float().argmax(dim=1) + torch.tensor([0, 3]).view(2, 1, 1)
    assert torch.equal(restored, owner.unsqueeze(1).expand_as(restored).float())


def test_the_block_works_on_grids_with_pooled_keys() -> None:
    maps = torch.randn(1, MAX_KEYS_PER_SIDE + 3, 5, 16)
    assert HybridBlock(16, 2)(maps).shape == maps.shape
