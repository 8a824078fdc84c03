"""A detector as one graph, from uint8 pixels to map, score and verdict, and how far a runtime agrees with it.

Shapes: B images, H x W pixels.
"""

import json
import logging
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from harness.bundles.bundle import Bundle
from harness.bundles.threshold import Thresholds
from harness.errors import BundleError, MissingExtraError

Target = Literal["onnx", "torch", "openvino"]
FILE_OF: dict[Target, str] = {"onnx": "detector.onnx", "torch": "detector.pt2", "openvino": "detector.xml"}
METADATA = "detector.json"
INPUT, OUTPUTS = "images", ("maps", "scores", "is_anomalous", "masks")
MAX_DIFFERENCE = 1e-3
"""Of maps and scores between torch and the exported file, as a share of the range of the maps."""
_WARM_UP, _NUM_CALLS = 3, 30

Answers = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_]]
"""Maps ``BHW``, scores ``B``, verdicts ``B`` and masks ``BHW``."""
Run = Callable[[NDArray[np.uint8]], Answers]


class DetectorGraph(nn.Module):
    """The network of a method and its thresholds."""

    def __init__(self, network: nn.Module, thresholds: Thresholds) -> None:
        """Args:
        network: From ``Method.network``.
        thresholds: Of the bundle.
        """
        super().__init__()
        self.network = network
        self.score, self.pixel = thresholds.score, thresholds.pixel

    def forward(self, images_BHW3: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Maps, scores, verdicts and masks of uint8 RGB images."""
        maps_BHW, scores_B = self.network(images_BHW3)
        return maps_BHW, scores_B, scores_B > self.score, maps_BHW > self.pixel


@dataclass(frozen=True, kw_only=True)
class Parity:
    """How far an exported file agrees with torch, and how long both take."""

    num_images: int
    map_range: float
    """Highest minus lowest value of the maps."""
    map_difference: float
    """Largest absolute difference of a pixel."""
    score_difference: float
    num_verdicts_changed: int
    torch_ms: tuple[float, float]
    """Median and 95th percentile of the milliseconds for one image."""
    runtime_ms: tuple[float, float]

    @property
    def holds(self) -> bool:
        """Whether both differences are small and no verdict changed."""
        limit = MAX_DIFFERENCE * self.map_range
        # Each on its own: max() passes over NaN.
        are_small = self.map_difference <= limit and self.score_difference <= limit
        return are_small and self.num_verdicts_changed == 0


def write_export(bundle: Bundle, folder: Path, target: Target) -> None:
    """Write the graph of a detector with a free batch size, and what it was made from as JSON beside it.

    Args:
        bundle: Whole images in one frame, with thresholds.
        folder: An empty folder.
        target: ``onnx``; ``torch`` for torch.export's own format; ``openvino``.

    Raises:
        BundleError: The detector cannot be exported.
        MissingExtraError: A package for the target is not installed.
    """
    description = bundle.description
    if description.thresholds is None:
        raise BundleError("A verdict needs a threshold, and this bundle has none; 'bench threshold' sets it.")
    if description.protocol.aspect not in ("keep", "square"):
        raise BundleError(
            f"This detector sees images by aspect={description.protocol.aspect}, which is no part of a graph; expected "
            "one fitted with --protocol aspect=keep or aspect=square."
        )
    graph = DetectorGraph(bundle.method.network(), description.thresholds).eval()
    images = torch.zeros(2, *description.size_px, 3, dtype=torch.uint8)
    batch = torch.export.Dim("batch", min=1)
    with _quiet(), torch.no_grad():
        try:
            program = torch.export.export(graph, (images,), dynamic_shapes=({0: batch},))
        except Exception as error:
            reason = " ".join(str(error).split())[:200]
            raise BundleError(f"{description.method}: torch.export cannot trace it ({reason}).") from error
        if target == "torch":
            torch.export.save(program, folder / FILE_OF[target])
        else:
            _write_onnx(program, folder / FILE_OF["onnx"])
            if target == "openvino":
                _write_openvino(folder)
    facts = {"target": target, "input": INPUT, "outputs": OUTPUTS, "size_px": description.size_px}
    whole = description.model_dump(mode="json", exclude={"held_out", "values"})
    (folder / METADATA).write_text(json.dumps({**facts, "bundle": whole}, indent=1) + "\n", encoding="utf-8")


def open_export(folder: Path, target: Target) -> Run:
    """The exported detector in its own runtime, on the CPU.

    Raises:
        MissingExtraError: The runtime is not installed.
    """
    file = folder / FILE_OF[target]
    if target == "onnx":
        runtime = _package("onnxruntime", "export")
        session = runtime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
        return lambda images: tuple(session.run(list(OUTPUTS), {INPUT: images}))
    if target == "openvino":
        compiled = (
            _package("openvino", "openvino").Core().compile_model(str(file), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        )
        return lambda images: tuple(compiled(images)[name] for name in OUTPUTS)
    program = torch.export.load(file).module()

    def run_torch(images: NDArray[np.uint8]) -> Answers:
        with torch.no_grad():
            return tuple(answer.numpy() for answer in program(torch.from_numpy(images)))

    return run_torch


def measure_parity(bundle: Bundle, run: Run, images_NHW3: NDArray[np.uint8]) -> Parity:
    """Compare an exported file with ``Method.judge`` on real images, in batches and one at a time.

    Args:
        bundle: The detector.
        run: From ``open_export``.
        images_NHW3: uint8 RGB of the detector's size, at least one.
    """
    limits = bundle.description.thresholds
    assert limits is not None, "an export has thresholds"
    judged = bundle.method.judge(images_NHW3)
    maps, scores, verdicts, _ = run(images_NHW3)
    alone = [run(images_NHW3[row : row + 1]) for row in range(len(images_NHW3))]
    maps = np.stack([maps, np.concatenate([answer[0] for answer in alone])])
    scores = np.stack([scores, np.concatenate([answer[1] for answer in alone])])
    verdicts = np.stack([verdicts, np.concatenate([answer[2] for answer in alone])])
    changed = verdicts != (judged.scores_B > limits.score)
    return Parity(
        num_images=len(images_NHW3),
        map_range=float(np.ptp(judged.maps_BHW)),
        map_difference=float(np.abs(maps - judged.maps_BHW).max()),
        score_difference=float(np.abs(scores - judged.scores_B).max()),
        num_verdicts_changed=int(changed.any(axis=0).sum()),
        torch_ms=_latency_ms(bundle.method.judge, images_NHW3),
        runtime_ms=_latency_ms(run, images_NHW3),
    )


def _latency_ms(run: Callable[[NDArray[np.uint8]], Any], images_NHW3: NDArray[np.uint8]) -> tuple[float, float]:
    spent = []
    for number in range(_WARM_UP + _NUM_CALLS):
        row = number % len(images_NHW3)
        started = time.perf_counter()
        run(images_NHW3[row : row + 1])
        spent.append(1000 * (time.perf_counter() - started))
    median, high = np.percentile(spent[_WARM_UP:], [50, 95])
    return float(median), float(high)


def _write_onnx(program: Any, file: Path) -> None:
    _package("onnx", "export")
    _package("onnxscript", "export")
    exported = torch.onnx.export(
        program, input_names=[INPUT], output_names=list(OUTPUTS), dynamo=True, verbose=False, external_data=False
    )
    assert exported is not None
    exported.save(str(file), external_data=False)


def _write_openvino(folder: Path) -> None:
    openvino = _package("openvino", "openvino")
    model = openvino.convert_model(str(folder / FILE_OF["onnx"]))
    # Half precision is the default and moves maps by more than the parity allows.
    openvino.save_model(model, str(folder / FILE_OF["openvino"]), compress_to_fp16=False)
    (folder / FILE_OF["onnx"]).unlink()


def _package(name: str, extra: str) -> Any:
    try:
        return __import__(name)
    except ImportError as error:
        raise MissingExtraError.of("An export", name, extra) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """The exporters log and warn about their own insides."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
