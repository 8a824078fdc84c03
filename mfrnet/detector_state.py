"""A trained network, or a fitted detector, as tensors by name, and back."""

from collections.abc import Mapping

import torch
from torch import Tensor

from mfrnet.aggregator import Aggregator
from mfrnet.backbone import check_shapes
from mfrnet.calibration import Calibration
from mfrnet.detector import Detector
from mfrnet.expectation import ExpectedLengths
from mfrnet.restoration import RestorationNetwork
from mfrnet.restorer import Restorer
from mfrnet.scales import Scales
from mfrnet.settings import MFRNetSettings
from mfrnet.trained import Trained, new_network
from mfrnet.whitening import Whitening


def tensors_of(detector: Detector) -> dict[str, Tensor]:
    """Everything that a detector learned, contiguous and on the CPU.

    >>> import torch
    >>> from mfrnet import FeatureStack, fit_detector
    >>> settings = MFRNetSettings(width=8, num_heads=1, depth=1, steps=2, cell=1)
    >>> features = torch.randn(8, 4, 4, 4, generator=torch.Generator().manual_seed(0)).numpy()
    >>> detector = fit_detector(FeatureStack([features], image_size_px=(64, 64)), settings, seed=0)
    >>> again = detector_of(tensors_of(detector), settings, (64, 64))
    >>> batch = [torch.ones(1, 4, 4, 4)]
    >>> bool((again.judge(batch).maps_BHW == detector.judge(batch).maps_BHW).all())
    True
    """
    restorer = detector.restorer
    tensors = {
        **_parts(restorer.aggregator, restorer.network),
        **numbered("scales.residual", detector.scales.residual),
        **numbered("scales.distance", detector.scales.distance),
        "scales.expected.mean": detector.scales.expected.mean_C,
        "scales.expected.slope": detector.scales.expected.slope_CG,
        "calibration.mean": detector.calibration.mean_TGHW,
        "calibration.spread": detector.calibration.spread_TGHW,
        "masks": restorer.masks_nKHW,
    }
    return {name: value.contiguous().cpu() for name, value in tensors.items()}


def detector_of(
    tensors: Mapping[str, Tensor], settings: MFRNetSettings, image_size_px: tuple[int, int], device: str = "cpu"
) -> Detector:
    """The detector that ``tensors_of`` described; on the same machine it gives bit-identical maps.

    Args:
        tensors: From ``tensors_of``.
        settings: The settings that it was fitted with.
        image_size_px: Height and width of the images that it was fitted on.
        device: A torch device.

    Raises:
        ValueError: The network of these settings has other tensors; no memory is taken before this is known.
    """
    tensors = {name: value.to(device) for name, value in tensors.items()}
    masks = tensors["masks"]
    aggregator, network = _of_parts(tensors, settings, (masks.shape[-2], masks.shape[-1]))
    return Detector(
        restorer=Restorer(settings=settings, aggregator=aggregator, network=network, masks_nKHW=masks),
        scales=Scales(
            residual=whitening_of("scales.residual", tensors),
            distance=whitening_of("scales.distance", tensors),
            expected=ExpectedLengths(tensors["scales.expected.mean"], tensors["scales.expected.slope"]),
        ),
        calibration=Calibration(tensors["calibration.mean"], tensors["calibration.spread"]),
        image_size_px=image_size_px,
    )


def tensors_of_trained(trained: Trained) -> dict[str, Tensor]:
    """Everything that training left, contiguous and on the CPU.

    >>> import numpy as np
    >>> from mfrnet import FeatureStack, calibrate, train
    >>> settings = MFRNetSettings(width=8, num_heads=1, depth=1, steps=2, cell=1)
    >>> stack = FeatureStack([np.ones((8, 4, 4, 4), np.float32)], image_size_px=(64, 64))
    >>> trained = train(stack, settings, seed=0)
    >>> again = trained_of(tensors_of_trained(trained), settings, (4, 4))
    >>> one, other = (calibrate(each, stack, settings).judge(stack.batch([0])) for each in (trained, again))
    >>> bool((one.maps_BHW == other.maps_BHW).all())
    True
    """
    tensors = {
        **_parts(trained.aggregator, trained.network),
        "held_out": torch.tensor(trained.held_out, dtype=torch.int64),
        "training": torch.tensor(trained.training, dtype=torch.int64),
        "generator": trained.generator_state,
    }
    return {name: value.contiguous().cpu() for name, value in tensors.items()}


def trained_of(
    tensors: Mapping[str, Tensor], settings: MFRNetSettings, grid: tuple[int, int], device: str = "cpu"
) -> Trained:
    """The trained network that ``tensors_of_trained`` described; on the same machine it restores the same to the bit.

    Args:
        tensors: From ``tensors_of_trained``.
        settings: The settings that it was trained with, or others that differ in what follows training.
        grid: Height and width of the map in positions.
        device: A torch device.

    Raises:
        KeyError: A tensor is missing.
        ValueError: The network of these settings has other tensors; no memory is taken before this is known.
    """
    of_parts = {name: value.to(device) for name, value in tensors.items() if name != "generator"}
    aggregator, network = _of_parts(of_parts, settings, grid)
    return Trained(
        aggregator=aggregator,
        network=network,
        held_out=tensors["held_out"].tolist(),
        training=tensors["training"].tolist(),
        generator_state=tensors["generator"],
    )


def _parts(aggregator: Aggregator, network: RestorationNetwork) -> dict[str, Tensor]:
    return {
        **{f"network.{name}": value for name, value in network.state_dict().items()},
        "aggregator.mean": aggregator.mean_1C11,
        "aggregator.std": aggregator.std_1C11,
        **numbered("aggregator.whitening", aggregator.whitening),
    }


def _of_parts(
    tensors: Mapping[str, Tensor], settings: MFRNetSettings, grid: tuple[int, int]
) -> tuple[Aggregator, RestorationNetwork]:
    mean, std = tensors["aggregator.mean"], tensors["aggregator.std"]
    whitening = whitening_of("aggregator.whitening", tensors)
    of_network = below("network.", tensors)
    with torch.device("meta"):
        check_shapes(new_network(whitening.channels, settings, seed=0), of_network)
    network = new_network(whitening.channels, settings, seed=0).to(mean.device).eval()
    network.load_state_dict(of_network)
    return Aggregator(grid, settings.neighbourhood, mean, std, whitening), network


def below(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors whose names begin with a prefix, without it.

    >>> below("a.", {"a.b": 1, "c.d": 2})
    {'b': 1}
    """
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def numbered(name: str, whitening: Whitening) -> dict[str, Tensor]:
    """The matrices of a whitening by the number of their group.

    >>> import torch
    >>> sorted(numbered("whitening", Whitening([torch.eye(2), torch.eye(1)])))
    ['whitening.0', 'whitening.1']
    """
    return {f"{name}.{number}": matrix for number, matrix in enumerate(whitening.matrix_of_group)}


def whitening_of(name: str, tensors: Mapping[str, Tensor]) -> Whitening:
    """The whitening that ``numbered`` took apart.

    >>> import torch
    >>> whitening_of("whitening", numbered("whitening", Whitening([torch.eye(2), torch.eye(1)]))).channels
    [2, 1]
    """
    of_group = below(f"{name}.", tensors)
    return Whitening([of_group[str(number)] for number in range(len(of_group))])
