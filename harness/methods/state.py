"""A fitted method as tensors and plain values: what a file of it holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class MethodState:
    """Everything that ``Method.judge`` needs, apart from the settings of the method."""

    tensors: Mapping[str, Tensor]
    """What the method learned."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """Everything that is no tensor, as JSON can hold it."""
    backbone: Mapping[str, Tensor] = field(default_factory=dict)
    """A frozen pre-trained network that the weights of the settings would give again; a file may leave it out."""
