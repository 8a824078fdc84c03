"""What a trained network makes of feature layers: their restoration under the masks of scoring, and how far off it is.

Shapes: B images, C channels of all layers together, G layer groups, n subsets of K masks, H x W grid positions.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from mfrnet.aggregator import Aggregator
from mfrnet.loss import HybridLoss
from mfrnet.restoration import RestorationNetwork
from mfrnet.settings import MFRNetSettings
from mfrnet.training import autocast


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What restoration says about a batch, before any scale is known."""

    features_BCHW: Tensor
    error_BCHW: Tensor
    """Features minus their restoration, averaged over subsets."""
    structure_BGHW: Tensor
    cosine_BGHW: Tensor

    @property
    def restored(self) -> Tensor:
        """The mean of the restorations, float ``BCHW``."""
        return self.features_BCHW - self.error_BCHW

    def to(self, device: torch.device) -> "Measured":
        """The same on another device."""
        return Measured(**{each.name: getattr(self, each.name).to(device) for each in fields(self)})


@dataclass(frozen=True, kw_only=True)
class Restorer:
    """A trained network with its aggregator and the masks used in scoring."""

    settings: MFRNetSettings
    aggregator: Aggregator
    network: RestorationNetwork
    masks_nKHW: Tensor

    def measure(self, layers_BCHW: Sequence[Tensor]) -> Measured:
        """Restore a batch under all masks, in one pass of the network, and compare.

        Args:
            layers_BCHW: float32 feature layers.
        """
        features = self.aggregator(layers_BCHW)
        masks_BnKHW = self.masks_nKHW.expand(features.shape[0], *self.masks_nKHW.shape)
        with autocast(features.device, self.settings):
            restored_BnCHW = self.network(features, masks_BnKHW).float()
        num_subsets = restored_BnCHW.shape[1]
        loss = HybridLoss(self.aggregator, self.settings)
        repeated, flat = features.repeat_interleave(num_subsets, dim=0), restored_BnCHW.flatten(0, 1)

        def over_subsets(term: Callable[[Tensor, Tensor], Tensor], name: str) -> Tensor:
            if not self.settings.uses(name):
                return features.new_zeros(0)
            maps_BGHW = term(flat, repeated)
            return maps_BGHW.view(-1, num_subsets, *maps_BGHW.shape[1:]).mean(dim=1)

        return Measured(
            features_BCHW=features,
            error_BCHW=features - restored_BnCHW.mean(dim=1),
            structure_BGHW=over_subsets(loss.structure, "structure"),
            cosine_BGHW=over_subsets(loss.cosine, "cosine"),
        )
