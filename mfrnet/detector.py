"""Fitting on features and judging features: MFRNet without its backbone.

In a group of processes the images are divided over them; see ``mfrnet.parallel``.

Shapes: B images, T loss terms, G layer groups, n subsets of K masks, H x W pixels or grid positions.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

from mfrnet.aggregator import Aggregator, grid_for
from mfrnet.anomaly_map import AnomalyMaps, image_scores, upsample_and_smooth
from mfrnet.calibration import Calibration, calibrating, num_held_out, split_held_out, weighted
from mfrnet.disk_rows import DiskRows
from mfrnet.expectation import ExpectedLengths
from mfrnet.features import FeatureStack
from mfrnet.loss import HybridLoss
from mfrnet.masks import cell_that_fits, crossed_masks
from mfrnet.parallel import divided
from mfrnet.restoration import RestorationNetwork
from mfrnet.settings import TERMS, MFRNetSettings
from mfrnet.training import StepReport, autocast, images_per_step, steps_on, train_restoration
from mfrnet.whitening import Whitening, scatters_of, sum_of_scatters, with_training

_BATCH = 8
_MOST_BYTES_KEPT = 2**27
"""Of what calibration measures on held-out images, and the same of images that were trained on."""


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
            if not _is_used(name, self.settings):
                return features.new_zeros(0)
            maps_BGHW = term(flat, repeated)
            return maps_BGHW.view(-1, num_subsets, *maps_BGHW.shape[1:]).mean(dim=1)

        return Measured(
            features_BCHW=features,
            error_BCHW=features - restored_BnCHW.mean(dim=1),
            structure_BGHW=over_subsets(loss.structure, "structure"),
            cosine_BGHW=over_subsets(loss.cosine, "cosine"),
        )


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
            "residual": lambda: self._residual(measured, settings),
            "structure": lambda: measured.structure_BGHW,
            "cosine": lambda: measured.cosine_BGHW,
            "distance": lambda: self.distance.lengths(measured.features_BCHW),
        }
        return torch.stack([maps[term]() for term in TERMS if _is_used(term, settings)], dim=1)

    def _residual(self, measured: Measured, settings: MFRNetSettings) -> Tensor:
        lengths_BGHW = self.residual.lengths(measured.error_BCHW)
        if not settings.context_scaling:
            return lengths_BGHW
        return lengths_BGHW / self.expected.factors(measured.restored)


def _moments(measured: Iterable[Measured], channels: Sequence[int]) -> tuple[list[Tensor], int]:
    """Second moments of the errors' groups, then of the features' groups, and over how many positions they are."""
    counts: list[int] = []

    def of_batches() -> Iterator[list[Tensor]]:
        for each in measured:
            counts.append(each.error_BCHW[:, 0].numel())
            yield [*scatters_of(each.error_BCHW, channels), *scatters_of(each.features_BCHW, channels)]

    return sum_of_scatters(of_batches(), [*channels, *channels]), sum(counts)


@dataclass(frozen=True, kw_only=True)
class Detector:
    """The result of fitting: a restorer and the scale of its errors on normal images.

    >>> from mfrnet import FeatureStack, MFRNetSettings
    >>> settings = MFRNetSettings(width=8, num_heads=1, depth=1, steps=2, cell=1)
    >>> features = torch.randn(8, 4, 4, 4, generator=torch.Generator().manual_seed(0)).numpy()
    >>> detector = fit_detector(FeatureStack([features], image_size_px=(64, 64)), settings, seed=0)
    >>> detector.judge([torch.zeros(2, 4, 4, 4)]).maps_BHW.shape
    (2, 64, 64)
    """

    restorer: Restorer
    scales: Scales
    calibration: Calibration
    image_size_px: tuple[int, int]

    @torch.inference_mode()
    def judge(self, layers_BCHW: Sequence[Tensor]) -> AnomalyMaps:
        """Maps and scores of a batch of feature layers, each float32 ``BCHW``."""
        maps, scores = self.maps_and_scores(layers_BCHW)
        return AnomalyMaps(maps.cpu().numpy(), scores.cpu().numpy())

    def maps_and_scores(self, layers_BCHW: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """``judge`` in operations on tensors alone, as an export needs it: float ``BHW`` and ``B``."""
        settings = self.restorer.settings
        terms = self.scales.terms(self.restorer.measure(layers_BCHW), settings)
        distances = self.calibration.distances(terms)
        of_map, of_score = _weights("map", settings), _weights("score", settings)

        def pixels(of_terms: list[float]) -> Tensor:
            grid_BHW = weighted(distances, of_terms)
            return upsample_and_smooth(grid_BHW, self.image_size_px, settings.smoothing_px, settings.smoothing_border)

        maps = pixels(of_map)
        judged = maps if of_score == of_map else pixels(of_score)
        return maps, image_scores(judged, settings.top_share)

    def judge_all(self, stack: FeatureStack) -> Iterator[AnomalyMaps]:
        """Maps and scores of all images of a stack, a batch at a time and in order.

        In a group of processes each one judges its share, and every process yields all batches.
        """
        return divided(lambda start: self.judge(stack.batch_at(start, _BATCH)), range(0, len(stack), _BATCH))

    @property
    def num_parameters(self) -> int:
        """Learned parameters of the restoration network."""
        return sum(parameter.numel() for parameter in self.restorer.network.parameters())


def fit_detector(
    stack: FeatureStack, settings: MFRNetSettings, seed: int, device: str = "cpu", report: StepReport | None = None
) -> Detector:
    """Train on features of normal images and calibrate on a share of them that was held out.

    Args:
        stack: Features of normal images of one size.
        settings: Every choice of the method.
        seed: Decides initial weights, batches, held-out images and masks.
        device: A torch device.
        report: Receives the step, the number of steps and the loss every 20 steps.

    Raises:
        ValueError: There are fewer than four images, the masks do not fit the grid, or the number of processes does
            not divide the number of images per step.
        FloatingPointError: The loss is no longer finite.

    >>> settings = MFRNetSettings(width=8, num_heads=1, depth=1, steps=2, cell=1)
    >>> stack = FeatureStack([np.ones((8, 4, 4, 4), np.float32)], image_size_px=(64, 64))
    >>> fit_detector(stack, settings, seed=0).image_size_px
    (64, 64)
    """
    generator = torch.Generator().manual_seed(seed)
    held_out, training = split_held_out(len(stack), settings.calibration_share, generator)
    target = torch.device(device)
    aggregator = Aggregator.of(stack, training, settings, target)
    network = new_network(stack.channels, settings, seed).to(target)
    if settings.compile:
        network.compile()
    # Whitened once. Half precision halves the file; it rounds far more finely than the network restores.
    batches = divided(
        lambda start: aggregator(stack.batch(training[start : start + _BATCH])).half().cpu(),
        range(0, len(training), _BATCH),
    )
    features = DiskRows.of(batches, len(training))
    train_restoration(network, HybridLoss(aggregator, settings), features, settings, generator, report)

    masks = torch.cat(
        [
            crossed_masks(
                settings.n, settings.k, cell_that_fits(cell, settings.k, aggregator.grid), aggregator.grid, generator
            )
            for cell in settings.scoring_cells
        ]
    ).to(target)
    restorer = Restorer(settings=settings, aggregator=aggregator, network=network, masks_nKHW=masks)

    def measured(images: Sequence[int]) -> Iterator[Measured]:
        @torch.inference_mode()
        def at(start: int) -> Measured:
            # Through the CPU, as processes of a group exchange them.
            return _moved(restorer.measure(stack.batch(images[start : start + _BATCH])), torch.device("cpu"))

        return divided(at, range(0, len(images), _BATCH))

    def again_and_again(images: Sequence[int]) -> Callable[[], Iterator[Measured]]:
        """Measured once where that leaves memory for other work, or else anew at each call."""
        num_bytes = 2 * 4 * len(images) * sum(stack.channels) * math.prod(aggregator.grid)
        kept = list(measured(images)) if num_bytes <= _MOST_BYTES_KEPT else None
        return lambda: (_moved(each, target) for each in (measured(images) if kept is None else kept))

    calibration = Calibration.none(target)
    of_held_out = again_and_again(held_out)
    of_seen = again_and_again(calibrating(training, settings.calibration_training_weight) if held_out else [])
    scales = Scales.of(of_held_out(), of_seen(), stack.channels, settings, target)
    if held_out:
        if settings.context_scaling and _is_used("residual", settings):
            scales = scales.with_expectation(of_held_out(), of_seen(), settings, target)
        of_each = [(scales.terms(each, settings) for each in again()) for again in (of_held_out, of_seen)]
        calibration = Calibration.of(of_each[0], of_each[1], settings)
    return Detector(restorer=restorer, scales=scales, calibration=calibration, image_size_px=stack.image_size_px)


def _moved(measured: Measured, device: torch.device) -> Measured:
    return Measured(**{each.name: getattr(measured, each.name).to(device) for each in fields(Measured)})


def _weights(result: str, settings: MFRNetSettings) -> list[float]:
    """Weights of the terms in use, for ``map`` or ``score``."""
    return [getattr(settings, f"{result}_{term}") for term in TERMS if _is_used(term, settings)]


def _is_used(term: str, settings: MFRNetSettings) -> bool:
    return bool(getattr(settings, f"map_{term}") or getattr(settings, f"score_{term}"))


def new_network(channels: Sequence[int], settings: MFRNetSettings, seed: int) -> RestorationNetwork:
    """An untrained network for layers with these channels; its weights depend on the seed alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return RestorationNetwork(sum(channels), settings.width, settings.depth, settings.num_heads)


def global_batch_size(settings: MFRNetSettings, image_size_px: tuple[int, int]) -> int:
    """Images per training step on images of this size; the number of processes of a group must divide it.

    Raises:
        ValueError: The grid is empty.

    >>> global_batch_size(MFRNetSettings(batch_size=8), (192, 192))
    8
    """
    return images_per_step(settings, grid_for(image_size_px, settings.grid_stride_px))


def num_steps(settings: MFRNetSettings, num_images: int, image_size_px: tuple[int, int]) -> int:
    """Training steps of ``fit_detector`` on this many images, held-out ones included.

    Raises:
        ValueError: The grid is empty.

    >>> num_steps(MFRNetSettings(), 90, (192, 192)), num_steps(MFRNetSettings(), 900, (192, 192))
    (520, 1500)
    """
    training = num_images - num_held_out(num_images, settings.calibration_share)
    return steps_on(settings, max(1, training), grid_for(image_size_px, settings.grid_stride_px))


def check_masks(settings: MFRNetSettings, image_size_px: tuple[int, int]) -> None:
    """Refuse settings whose masks cannot be drawn on images of this size.

    Raises:
        ValueError: k is larger than the number of blocks on the map, or the grid is empty.

    >>> check_masks(MFRNetSettings(k=5), (64, 64))
    Traceback (most recent call last):
    ValueError: k: expected 2 to 4 masks on a 4 x 4 grid with cell = 2 (4 whole blocks), got 5; reduce k or cell.
    """
    grid = grid_for(image_size_px, settings.grid_stride_px)
    crossed_masks(1, settings.k, settings.cell, grid, torch.Generator().manual_seed(0))
