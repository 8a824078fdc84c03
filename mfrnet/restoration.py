"""The restoration network: a U-shaped network of hybrid blocks that restores hidden positions from visible ones.

Shapes: B maps, n subsets of K masks, C feature channels, D width, H x W grid positions.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mfrnet.blocks import HybridBlock


class RestorationNetwork(nn.Module):
    """Two resolutions joined by a skip connection; most blocks work on the coarser one.

    A learned token replaces hidden positions, so no information about their features can leak into the output. The
    network contains no dropout and no batch statistics: each image is restored independently of its batch.

    >>> network = RestorationNetwork(num_channels=6, width=8, depth=1, num_heads=1)
    >>> masks = torch.tensor([True, False]).view(1, 1, 2, 1, 1).expand(1, 3, 2, 4, 4)
    >>> network(torch.zeros(1, 6, 4, 4), masks).shape, network(torch.zeros(1, 6, 4, 4), masks, crossed=False).shape
    (torch.Size([1, 3, 6, 4, 4]), torch.Size([1, 3, 2, 6, 4, 4]))
    """

    def __init__(self, num_channels: int, width: int, depth: int, num_heads: int) -> None:
        """Args:
        num_channels: Feature channels to restore.
        width: Channels on the full grid, a multiple of ``4 * num_heads``; the coarser grid has 1.5 times as many.
        depth: Blocks on the coarser grid.
        num_heads: Attention heads of every block.
        """
        super().__init__()
        bottom = width * 3 // 2
        self.project_in = nn.Linear(num_channels, width)
        self.mask_token = nn.Parameter(torch.zeros(width))
        self.position = PositionTerm(width)
        self.enter = HybridBlock(width, num_heads)
        self.down = nn.Linear(4 * width, bottom)
        self.bottom_position = PositionTerm(bottom)
        self.bottom = nn.Sequential(*(HybridBlock(bottom, num_heads) for _ in range(depth)))
        self.up = nn.Linear(bottom, 4 * width)
        self.join = nn.Linear(2 * width, width)
        self.leave = HybridBlock(width, num_heads)
        self.norm_out = nn.LayerNorm(width)
        self.project_out = nn.Linear(width, num_channels)
        nn.init.trunc_normal_(self.mask_token, std=0.02)
        nn.init.zeros_(self.project_out.bias)

    def forward(self, features_BCHW: Tensor, masks_BnKHW: Tensor, crossed: bool = True) -> Tensor:
        """Restore maps under the masks of n subsets; all passes are one batch.

        What no mask changes is computed once: the projection of the features and, where ``crossed``, that of the
        restored tokens, of which one mask of a subset keeps each.

        Args:
            features_BCHW: float, whitened features.
            masks_BnKHW: bool, True where a pass must not use the features; over K disjoint and complete.
            crossed: Whether each subset is assembled from what its passes restored at their hidden positions.

        Returns:
            float ``BnCHW``, or ``BnKCHW`` with all positions of every pass.
        """
        height, width = masks_BnKHW.shape[-2:]
        projected = self.project_in(features_BCHW.permute(0, 2, 3, 1))[:, None, None]
        hidden = masks_BnKHW.unsqueeze(-1)
        visible = torch.where(hidden, self.mask_token.to(projected.dtype), projected)
        # Odd sides get an additional row or column, which counts as hidden.
        padded = _pad_to_even(visible.flatten(0, 2), self.mask_token)
        fine = self.enter(padded + self.position(padded))
        coarse = self.down(_fold(fine))
        coarse = self.bottom(coarse + self.bottom_position(coarse))
        raised = _unfold(self.up(coarse))
        joined = self.leave(self.join(torch.cat([fine, raised], dim=-1)))
        normed = self.norm_out(joined[:, :height, :width])
        tokens = normed.view(*masks_BnKHW.shape[:3], height, width, -1)
        if crossed:
            tokens = (tokens * hidden).sum(dim=2)
        restored: Tensor = self.project_out(tokens).movedim(-1, -3)
        return restored


class PositionTerm(nn.Module):
    """A learned 2-D position term on a lattice of 8 x 8 points, interpolated to any grid."""

    def __init__(self, width: int) -> None:
        """Args:
        width: Channels.
        """
        super().__init__()
        self.lattice_1DSS = nn.Parameter(torch.empty(1, width, 8, 8))
        nn.init.trunc_normal_(self.lattice_1DSS, std=0.02)

    def forward(self, maps_BHWD: Tensor) -> Tensor:
        """The term for a grid of the size of ``maps_BHWD``, as ``1HWD``."""
        term = F.interpolate(self.lattice_1DSS, maps_BHWD.shape[1:3], mode="bilinear", align_corners=True)
        return term.permute(0, 2, 3, 1)


def _pad_to_even(maps_BHWD: Tensor, token_D: Tensor) -> Tensor:
    batch, height, width, channels = maps_BHWD.shape
    if height % 2:
        maps_BHWD = torch.cat([maps_BHWD, token_D.to(maps_BHWD.dtype).expand(batch, 1, width, channels)], dim=1)
    if width % 2:
        column = token_D.to(maps_BHWD.dtype).expand(batch, maps_BHWD.shape[1], 1, channels)
        maps_BHWD = torch.cat([maps_BHWD, column], dim=2)
    return maps_BHWD


def _fold(maps_BHWD: Tensor) -> Tensor:
    """Join each 2 x 2 block of positions into one: ``B, H/2, W/2, 4D``."""
    batch, height, width, channels = maps_BHWD.shape
    blocks = maps_BHWD.view(batch, height // 2, 2, width // 2, 2, channels).permute(0, 1, 3, 2, 4, 5)
    return blocks.reshape(batch, height // 2, width // 2, 4 * channels)


def _unfold(maps_BHWD: Tensor) -> Tensor:
    """The inverse of ``_fold``."""
    batch, height, width, channels = maps_BHWD.shape
    blocks = maps_BHWD.view(batch, height, width, 2, 2, channels // 4).permute(0, 1, 3, 2, 4, 5)
    return blocks.reshape(batch, 2 * height, 2 * width, channels // 4)
