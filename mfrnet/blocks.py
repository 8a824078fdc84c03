"""The hybrid transformer block: global attention and local convolution with pre-normalisation.

Shapes: B maps, D channels, H x W positions, N tokens.
"""

from torch import Tensor, nn
from torch.nn import functional as F

MAX_KEYS_PER_SIDE = 16
"""Maps with longer sides are average-pooled before they serve as keys and values."""


class HybridBlock(nn.Module):
    """Self-attention, then a feed-forward network that contains a depth-wise 3 x 3 convolution."""

    def __init__(self, width: int, num_heads: int) -> None:
        """Args:
        width: Channels of input and output; a multiple of ``num_heads``.
        num_heads: Attention heads.
        """
        super().__init__()
        self.num_heads = num_heads
        self.norm_attention = nn.LayerNorm(width)
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.output = nn.Linear(width, width)
        self.norm_feed_forward = nn.LayerNorm(width)
        self.expand = nn.Linear(width, 2 * width)
        self.local = nn.Conv2d(2 * width, 2 * width, 3, padding=1, groups=2 * width)
        self.contract = nn.Linear(2 * width, width)

    def forward(self, maps_BHWD: Tensor) -> Tensor:
        """Exchange information between positions, globally and locally.

        Args:
            maps_BHWD: float, channels last.

        Returns:
            Same shape.
        """
        maps_BHWD = maps_BHWD + self._attend(self.norm_attention(maps_BHWD))
        return maps_BHWD + self._feed_forward(self.norm_feed_forward(maps_BHWD))

    def _attend(self, maps_BHWD: Tensor) -> Tensor:
        batch, height, width, channels = maps_BHWD.shape

        def heads(tokens_BND: Tensor) -> Tensor:
            return tokens_BND.view(batch, -1, self.num_heads, channels // self.num_heads).transpose(1, 2)

        queries = heads(self.query(maps_BHWD).reshape(batch, -1, channels))
        pooled_BND = _pooled(maps_BHWD).flatten(1, 2)
        keys, values = self.key_value(pooled_BND).chunk(2, dim=-1)
        mixed = F.scaled_dot_product_attention(queries, heads(keys), heads(values))
        joined: Tensor = self.output(mixed.transpose(1, 2).reshape(batch, height, width, channels))
        return joined

    def _feed_forward(self, maps_BHWD: Tensor) -> Tensor:
        hidden = self.expand(maps_BHWD).permute(0, 3, 1, 2)
        hidden = hidden + self.local(hidden)
        contracted: Tensor = self.contract(F.gelu(hidden.permute(0, 2, 3, 1)))
        return contracted


def _pooled(maps_BHWD: Tensor) -> Tensor:
    height, width = maps_BHWD.shape[1:3]
    factors = (-(-height // MAX_KEYS_PER_SIDE), -(-width // MAX_KEYS_PER_SIDE))
    if factors == (1, 1):
        return maps_BHWD
    pooled = F.avg_pool2d(maps_BHWD.permute(0, 3, 1, 2), factors, ceil_mode=True, count_include_pad=False)
    return pooled.permute(0, 2, 3, 1)
