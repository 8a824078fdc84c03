"""How large an error is to be expected where something like this was restored: large on coarse fibres, small on plain
ground, wherever on the image they lie.

Shapes: B images, C channels of all layers together, G layer groups, H x W grid positions, R = C + G + 1 columns.
"""

from collections.abc import Iterable

import torch
from torch import Tensor

from mfrnet.calibration import PRIOR_IMAGES
from mfrnet.settings import MFRNetSettings

_MIN_LENGTH = 1e-3
_MAX_LOG = 1.5
"""A factor of 4.5 either way, far beyond what normal images show; a restoration that asks for more is like none of
them, and says nothing."""


class ExpectedLengths:
    """What the length of each group's error is on average, given the restored features of the same position.

    Linear in the logarithm, and relative to the geometric mean over all positions; calibration per position comes
    afterwards. It holds the power of the settings already.

    >>> expected = ExpectedLengths(torch.zeros(1), torch.tensor([[0.5]]))
    >>> expected.factors(torch.tensor([[[[0.0, 1.0]]]]))
    tensor([[[[1.0000, 1.6487]]]])
    """

    def __init__(self, mean_C: Tensor, slope_CG: Tensor) -> None:
        """Args:
        mean_C: float, mean of the restored features of normal images.
        slope_CG: float, what each feature adds to the logarithm of each group's factor.
        """
        self.mean_C = mean_C
        # Column by column, as a solution comes; see Whitening.
        self.slope_CG = slope_CG.T.contiguous().T

    @classmethod
    def none(cls, num_channels: int, num_groups: int, device: torch.device) -> "ExpectedLengths":
        """The same length everywhere."""
        return cls(torch.zeros(num_channels, device=device), torch.zeros(num_channels, num_groups, device=device))

    @classmethod
    def of(
        cls,
        held_out: Iterable[tuple[Tensor, Tensor]],
        training: Iterable[tuple[Tensor, Tensor]],
        settings: MFRNetSettings,
        device: torch.device,
    ) -> "ExpectedLengths":
        """Learn from normal images by ridge regression.

        The ridge stands for ``PRIOR_IMAGES`` further images, on which the restored features vary as much in every
        direction and the length does not follow them: few images teach little. Views of one image count as images.

        Args:
            held_out: Batches of restored features, float ``BCHW``, and lengths of their errors, float ``BGHW``, of
                images that were held out; at least one.
            training: The same of images that were trained on, whose errors are smaller: their logarithms are moved
                to the mean of the others. May be empty.
            settings: The weight of images that were trained on, and the power of what is expected.
            device: Of the result.
        """
        num_images, num_groups, sums_RR = _moments(held_out)
        num_training, _, added_RR = _moments(training)
        if num_training:
            weight = settings.calibration_training_weight
            sums_RR = sums_RR + weight * _levelled(added_RR, sums_RR, num_groups)
            num_images += weight * num_training
        num_channels = len(sums_RR) - num_groups - 1
        mean_R = sums_RR[-1] / sums_RR[-1, -1]
        covariance_RR = sums_RR / sums_RR[-1, -1] - torch.outer(mean_R, mean_R)
        of_features_CC = covariance_RR[:num_channels, :num_channels]
        with_lengths_CG = covariance_RR[:num_channels, num_channels:-1]
        # Of features that hardly vary, a variance is what rounding left of their squares.
        rounding = 0.01 * sums_RR.diagonal()[:num_channels].mean() / sums_RR[-1, -1]
        ridge = PRIOR_IMAGES / num_images * torch.maximum(of_features_CC.diagonal().mean(), rounding).clamp_min(1e-12)
        slope_CG = torch.linalg.solve(of_features_CC + ridge * torch.eye(num_channels).double(), with_lengths_CG)
        return cls(mean_R[:num_channels].float().to(device), (settings.context_scaling * slope_CG).float().to(device))

    def factors(self, restored_BCHW: Tensor) -> Tensor:
        """Expected length over the mean one of its group, to the power of the settings: float ``BGHW``, positive."""
        centred_BCHW = restored_BCHW - self.mean_C.view(1, -1, 1, 1)
        return torch.einsum("bchw,cg->bghw", centred_BCHW, self.slope_CG).clamp(-_MAX_LOG, _MAX_LOG).exp()


def _moments(batches: Iterable[tuple[Tensor, Tensor]]) -> tuple[float, int, Tensor]:
    """Number of images and of groups, and the sum over positions of the outer product of a row with itself.

    A row holds the restored features, the logarithms of the lengths, and 1: float64 ``RR``, on the CPU.
    """
    num_images, num_groups, total_RR = 0, 0, torch.zeros((), dtype=torch.float64)
    for restored_BCHW, lengths_BGHW in batches:
        logs_BGHW = lengths_BGHW.clamp_min(_MIN_LENGTH).log()
        columns_BRHW = torch.cat([restored_BCHW, logs_BGHW, torch.ones_like(logs_BGHW[:, :1])], dim=1)
        rows = columns_BRHW.permute(0, 2, 3, 1).flatten(0, 2)
        total_RR = total_RR + (rows.T @ rows).double().cpu()
        num_images, num_groups = num_images + len(restored_BCHW), lengths_BGHW.shape[1]
    return num_images, num_groups, total_RR


def _levelled(sums_RR: Tensor, like_RR: Tensor, num_groups: int) -> Tensor:
    """The sums, had a number been added to the logarithms that gives them the mean of the others."""
    of_logs = slice(-1 - num_groups, -1)
    shift_RR = torch.eye(len(sums_RR), dtype=torch.float64)
    shift_RR[-1, of_logs] = (like_RR[-1] / like_RR[-1, -1] - sums_RR[-1] / sums_RR[-1, -1])[of_logs]
    return shift_RR.T @ sums_RR @ shift_RR
