"""MFRNet: fits on images of good parts, then gives an anomaly map for any image.

Shapes: N images of a set, B of a batch, H x W pixels.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open

from mfrnet.anomaly_map import AnomalyMaps
from mfrnet.backbone import Backbone, backbone_of
from mfrnet.detector import Detector, fit_detector
from mfrnet.detector_state import below, detector_of, tensors_of
from mfrnet.features import FeatureStack, extract_features
from mfrnet.images import Images, images_array
from mfrnet.settings import MFRNetSettings
from mfrnet.tensor_file import replace_file, save_tensors
from mfrnet.training import StepReport

_FORMAT = 3
_TENSORS = "model.safetensors"
_BATCH = 8


class MFRNet:
    """Multi-feature reconstruction by crossed-mask restoration (after arXiv 2404.13273; the defaults are ours).

    >>> from mfrnet import load_backbone
    >>> settings = MFRNetSettings(backbone="filter_bank", layers=(1, 2), width=8, num_heads=1, depth=1, steps=2, cell=1)
    >>> model = MFRNet(settings, load_backbone(settings))
    >>> model.fit(np.random.default_rng(0).integers(0, 256, (8, 64, 64, 3), dtype=np.uint8))
    >>> result = model.anomaly_map(np.zeros((2, 64, 64, 3), np.uint8))
    >>> result.maps_BHW.shape, result.scores_B.shape
    ((2, 64, 64), (2,))

    Images are uint8 arrays, images of Pillow, or names of files, all of one size (see ``images_array``).
    """

    def __init__(
        self,
        settings: MFRNetSettings,
        backbone: Backbone,
        seed: int = 0,
        device: str = "cpu",
        detector: Detector | None = None,
    ) -> None:
        """Args:
        settings: Every choice of the method.
        backbone: From ``load_backbone``; stays frozen.
        seed: Decides initial weights, batches, held-out images and masks.
        device: The torch device of backbone, training and scoring.
        detector: A detector already fitted on features of this backbone; None to call ``fit``.
        """
        self.settings = settings
        self.backbone = backbone.to(device)
        self.seed = seed
        self.device = device
        self._detector = detector

    @property
    def detector(self) -> Detector:
        """The fitted detector.

        Raises:
            RuntimeError: The model is not fitted.
        """
        if self._detector is None:
            raise RuntimeError("This MFRNet is not fitted; call fit() or MFRNet.load() first.")
        return self._detector

    def fit(self, images: Images, report: StepReport | None = None) -> None:
        """Learn from images of good parts.

        Args:
            images: At least four, of one size.
            report: Receives the step, the number of steps and the loss every 20 steps.

        Raises:
            ValueError: These are not such images (see ``images_array``), there are too few, or the masks do not fit
                them.
            OSError: A file is missing or may not be read.
        """
        stack = self._extract(images_array(images))
        self._detector = fit_detector(stack, self.settings, self.seed, self.device, report)

    def anomaly_map(self, images: Images) -> AnomalyMaps:
        """Anomaly maps and scores of images.

        Args:
            images: At least one, of the size of the images in ``fit``.

        Raises:
            ValueError: These are not such images (see ``images_array``), or they have another size.
            OSError: A file is missing or may not be read.
            RuntimeError: The model is not fitted.
        """
        detector = self.detector
        images_BHWC = images_array(images)
        if images_BHWC.shape[1:3] != detector.image_size_px:
            raise ValueError(
                f"Expected images of {detector.image_size_px[0]} x {detector.image_size_px[1]} px as in fit, "
                f"got {images_BHWC.shape[1]} x {images_BHWC.shape[2]} px."
            )
        stack = self._extract(images_BHWC)
        parts = [detector.judge(stack.batch_at(start, _BATCH)) for start in range(0, len(stack), _BATCH)]
        return AnomalyMaps(
            np.concatenate([part.maps_BHW for part in parts]), np.concatenate([part.scores_B for part in parts])
        )

    def save(self, folder: Path) -> None:
        """Write ``model.safetensors`` (backbone included) and ``model.json``.

        Raises:
            RuntimeError: The model is not fitted.
        """
        detector = self.detector
        tensors = {f"backbone.{name}": value.contiguous().cpu() for name, value in self.backbone.state_dict().items()}
        tensors |= tensors_of(detector)
        description = {
            "format": _FORMAT,
            "settings": asdict(self.settings),
            "seed": self.seed,
            "image_size_px": detector.image_size_px,
            "backbone_options": self.backbone.options,
        }
        folder.mkdir(parents=True, exist_ok=True)
        save_tensors(tensors, folder / _TENSORS)
        description["tensors_sha256"] = _sha256(folder / _TENSORS)
        replace_file(folder / "model.json", f"{json.dumps(description, indent=2)}\n".encode())

    @classmethod
    def load(cls, folder: Path, device: str = "cpu") -> "MFRNet":
        """Read a model that ``save`` wrote; on the same machine it gives bit-identical maps.

        Raises:
            FileNotFoundError: The folder holds no saved model.
            ValueError: The format of the saved model is unknown, or its two files are not of one model.
        """
        description = json.loads((folder / "model.json").read_text())
        if description["format"] != _FORMAT:
            raise ValueError(f"{folder}: expected format {_FORMAT}, got {description['format']}.")
        # Models that were saved before this was written lack it.
        if description.get("tensors_sha256") not in (None, _sha256(folder / _TENSORS)):
            raise ValueError(f"{folder}: {_TENSORS} is not the one that model.json describes; save the model again.")
        values = description["settings"]
        # JSON has lists only.
        as_tuples: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in values.items()}
        settings = MFRNetSettings(**as_tuples)
        with safe_open(folder / _TENSORS, framework="pt", device=device) as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
        backbone = backbone_of(below("backbone.", tensors), settings, description["backbone_options"])
        height, width = description["image_size_px"]
        detector = detector_of(tensors, settings, (height, width), device)
        return cls(settings, backbone, description["seed"], device, detector)

    def _extract(self, images_NHWC: NDArray[np.uint8]) -> FeatureStack:
        return extract_features(self.backbone, _in_batches(images_NHWC), len(images_NHWC))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _in_batches(images_NHWC: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    for start in range(0, len(images_NHWC), _BATCH):
        yield images_NHWC[start : start + _BATCH]
