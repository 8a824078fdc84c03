"""A backbone without weights: oriented filters at several scales, with colour.

For machines without internet access and for tests. It replaces a timm model: five layers with strides 2, 4, 8, 16
and 32. A layer describes each position by the average response energy at three scales, so that a thin scratch is
visible at stride 8 too.

Shapes: B images, C channels, H x W pixels.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

NUM_LAYERS = 5
_NUM_ORIENTATIONS = 6
_NUM_SCALES = 3
_RADIUS = 3


class FilterBank(nn.Module):
    """Fixed filters with the interface of a timm ``features_only`` model.

    At each scale, quadrature pairs of Gabor filters in six orientations are applied to an opponent-colour image
    (luminance, red-green, blue-yellow); their energies are averaged to the layer's stride. Low-pass colour is
    appended at the layer's own scale.

    >>> [layer.shape for layer in FilterBank((1, 2))(torch.zeros(1, 3, 32, 32))]
    [torch.Size([1, 57, 8, 8]), torch.Size([1, 57, 4, 4])]
    """

    filters_O1KK: Tensor
    opponent_33: Tensor

    def __init__(self, out_indices: tuple[int, ...]) -> None:
        """Args:
        out_indices: Layers to return, each in [0, 5).
        """
        super().__init__()
        self.out_indices = out_indices
        self.register_buffer("filters_O1KK", _gabor_pairs())
        self.register_buffer(
            "opponent_33",
            torch.tensor([[1 / 3, 1 / 3, 1 / 3], [0.5, -0.5, 0.0], [-0.25, -0.25, 0.5]]),
        )

    @property
    def num_channels(self) -> int:
        """Channels of every layer."""
        return 3 * (_NUM_SCALES * _NUM_ORIENTATIONS + 1)

    def forward(self, images_BCHW: Tensor) -> list[Tensor]:
        """Describe images at several strides.

        Args:
            images_BCHW: float, three channels, values in [0, 1].

        Returns:
            One float ``BCHW`` tensor per layer, with stride ``2 ** (index + 1)``.
        """
        opponent = torch.einsum("oc,bchw->bohw", self.opponent_33, images_BCHW)
        pyramid = [opponent]
        for _ in range(max(self.out_indices) + 1):
            pyramid.append(F.avg_pool2d(_blur(pyramid[-1]), 2, ceil_mode=True))
        energies = [self._energy(level) for level in pyramid[:-1]]
        layers = []
        for index in self.out_indices:
            height, width = pyramid[index + 1].shape[-2:]
            # Level j has stride 2 ** j; a layer uses the level of half its stride and two finer ones.
            scales = [max(0, index - step) for step in range(_NUM_SCALES)]
            parts = [F.adaptive_avg_pool2d(energies[scale], (height, width)) for scale in scales]
            layers.append(torch.cat([*parts, pyramid[index + 1]], dim=1))
        return layers

    def _energy(self, opponent_B3HW: Tensor) -> Tensor:
        batch, colours, height, width = opponent_B3HW.shape
        planes = opponent_B3HW.reshape(batch * colours, 1, height, width)
        padded = F.pad(planes, (_RADIUS,) * 4, mode="replicate")
        response = F.conv2d(padded, self.filters_O1KK).view(-1, _NUM_ORIENTATIONS, 2, height, width)
        # The root of the energy grows linearly with contrast, so its distribution is close to a Gaussian.
        energy = response.square().sum(2).add(1e-6).sqrt()
        return energy.view(batch, colours * _NUM_ORIENTATIONS, height, width)


def _gabor_pairs() -> Tensor:
    axis = torch.arange(-_RADIUS, _RADIUS + 1, dtype=torch.float64)
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    envelope = torch.exp(-(x**2 + y**2) / (2 * 1.4**2))
    filters = []
    for orientation in range(_NUM_ORIENTATIONS):
        angle = math.pi * orientation / _NUM_ORIENTATIONS
        phase = 2 * math.pi / 4 * (x * math.cos(angle) + y * math.sin(angle))
        for wave in (torch.cos(phase), torch.sin(phase)):
            kernel = wave * envelope
            # No response to a constant: the low-pass channels already represent brightness.
            kernel = kernel - envelope * kernel.sum() / envelope.sum()
            filters.append(kernel / kernel.abs().sum())
    return torch.stack(filters).unsqueeze(1).float()


def _blur(planes_BCHW: Tensor) -> Tensor:
    return F.avg_pool2d(F.pad(planes_BCHW, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
