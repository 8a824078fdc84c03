"""How large the terms of the score are on normal images, before they are calibrated per position.

Shapes: B images, T terms, C channels of all layers together, G layer groups, H x W grid positions.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from mfrnet.expectation import ExpectedLengths
from mfrnet.restorer import Measured
from mfrnet.settings import TERMS, MFRNetSettings
from mfrnet.whitening import Whitening, scatters_of, sum_of_scatters, with_training


@dataclass(frozen=True, kw_only=True)
class Scales:
    """How large the terms are on normal images."""

    residual: Whitening
    """Of the restoration error; its length is the Mahalanobis distance from normal errors."""
    distance: Whitening
    """Of the features themselves."""
    expected: ExpectedLengths
    """Of the residual, by what was restored."""

    @classmethod
    def of(
        cls,
        held_out: Iterable[Measured],
        training: Iterable[Measured],
        channels: Sequence[int],
        settings: MFRNetSettings,
        device: torch.device,
    ) -> "Scales":
        """Learn both covariances; the residual is expected to be of one length everywhere.

        Args:
            held_out: What was measured on held-out normal images, batch by batch; empty for no scale.
            training: The same of images that were trained on, whose errors are smaller; may be empty.
            channels: Of each layer group.
            settings: The ridge, and the weight of images that were trained on.
            device: Of the result.
        """
        of_held_out, num_positions = _moments(held_out, channels)
        expected = ExpectedLengths.none(sum(channels), len(channels), device)
        if not num_positions:
            residual, distance = (Whitening([torch.eye(c, device=device) for c in channels]) for _ in range(2))
            return cls(residual=residual, distance=distance, expected=expected)
        weight = settings.calibration_training_weight
        sums, count = with_training(of_held_out, num_positions, *_moments(training, channels), weight)
        errors, features = sums[: len(channels)], sums[len(channels) :]
        return cls(
            residual=Whitening.of(errors, count, settings.ridge, device),
            distance=Whitening.of(features, count, settings.ridge, device),
            expected=expected,
        )

    def with_expectation(
        self, held_out: Iterable[Measured], training: Iterable[Measured], settings: MFRNetSettings, device: torch.device
    ) -> "Scales":
        """Learn how long the residual is to be expected where something like this was restored.

        Args:
            held_out: As for ``of``, and not empty.
            training: As for ``of``.
            settings: The weight of images that were trained on, and the power of what is expected.
            device: Of the result.
        """

        def pairs(of_images: Iterable[Measured]) -> Iterator[tuple[Tensor, Tensor]]:
            return ((each.restored, self.residual.lengths(each.error_BCHW)) for each in of_images)

        return replace(self, expected=ExpectedLengths.of(pairs(held_out), pairs(training), settings, device))

    def terms(self, measured: Measured, settings: MFRNetSettings) -> Tensor:
        """The terms that the settings use, in the order of ``TERMS``: float ``BTGHW``, high where abnormal."""
        maps = {
            "residual": lambda: self.residual.lengths(measured.error_BCHW) / self.expected.factors(measured.restored),
            "structure": lambda: measured.structure_BGHW,
            "cosine": lambda: measured.cosine_BGHW,
            "distance": lambda: self.distance.lengths(measured.features_BCHW),
        }
        return torch.stack([maps[term]() for term in TERMS if settings.uses(term)], dim=1)


def _moments(measured: Iterable[Measured], channels: Sequence[int]) -> tuple[list[Tensor], int]:
    """Second moments of the errors' groups, then of the features' groups, and over how many positions they are."""
    counts: list[int] = []

    def of_batches() -> Iterator[list[Tensor]]:
        for each in measured:
            counts.append(each.error_BCHW[:, 0].numel())
            yield [*scatters_of(each.error_BCHW, channels), *scatters_of(each.features_BCHW, channels)]

    return sum_of_scatters(of_batches(), [*channels, *channels]), sum(counts)
