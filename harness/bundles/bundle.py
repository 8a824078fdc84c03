"""Writing a bundle whole or not at all, and reading one without trusting it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.torch import load_file

from harness.atomic_files import unfinished_folder, write_atomically
from harness.bundles.description import BundleDescription
from harness.bundles.json_file import read_json_file
from harness.config import build_settings
from harness.errors import BundleError, WeightsError
from harness.methods import METHODS
from harness.methods.backbone_weights import weights_identity
from harness.methods.base import Method, MethodContext
from harness.methods.state import MethodState
from mfrnet.tensor_file import save_tensors

TENSORS, DESCRIPTION = "model.safetensors", "model.json"
_BACKBONE = "backbone."


@dataclass(frozen=True)
class Bundle:
    """A detector that was read, ready to judge."""

    description: BundleDescription
    method: Method
    device: str = "cpu"
    """Where the method judges."""


def write_bundle(
    folder: Path, state: MethodState, facts: Mapping[str, Any], *, with_backbone: bool = True
) -> BundleDescription:
    """Write a bundle into a folder that is not there yet; whatever happens, it holds a whole bundle or is missing.

    Args:
        folder: The bundle.
        state: Of the fitted method.
        facts: Fields of ``BundleDescription`` that are not known from ``state``.
        with_backbone: Whether the backbone is written; otherwise its weights are opened when the bundle is read.

    Raises:
        BundleError: The folder exists.
    """
    if folder.exists():
        raise BundleError(f"{folder}: exists already; expected a new folder for the bundle.")
    tensors = dict(state.tensors)
    if with_backbone:
        tensors |= {f"{_BACKBONE}{name}": value for name, value in state.backbone.items()}
    with unfinished_folder(folder.absolute().parent, f".{folder.name}-") as unfinished:
        save_tensors(tensors, unfinished / TENSORS)
        description = BundleDescription(
            **facts,
            values=dict(state.values),
            has_backbone=with_backbone,
            tensors_sha256=_sha256(unfinished / TENSORS),
        )
        rewrite_description(unfinished, description)
        unfinished.rename(folder)
    return description


def rewrite_description(folder: Path, description: BundleDescription) -> None:
    """Replace the description of a bundle, in one step."""
    text = description.model_dump_json(indent=1) + "\n"
    write_atomically(folder / DESCRIPTION, text.encode())


def read_description(folder: Path) -> BundleDescription:
    """What a bundle says of itself.

    Raises:
        BundleError: It is none, or of an unknown format.
    """
    return read_json_file(BundleDescription, folder / DESCRIPTION, "the folder of a bundle, as 'bench fit' writes it")


def read_bundle(folder: Path, device: str = "cpu", weights: Path | None = None) -> Bundle:
    """Build the detector of a bundle. Tensors and plain values are read; nothing in a bundle is executed.

    Args:
        folder: The bundle.
        device: A torch device.
        weights: Local weights of the backbone, for a bundle without it.

    Raises:
        BundleError: A file is missing, damaged, or of another version of the method.
        WeightsError: The bundle is without its backbone, and the weights here are others.
    """
    description = read_description(folder)
    if ":" in description.method:
        # A name such as module:Class would be imported, and a bundle must not choose what is executed.
        raise BundleError(f"{folder}: made by {description.method!r}, which is not a registered method here.")
    method_type = METHODS.get(description.method)
    if method_type.version != description.method_version:
        raise BundleError(
            f"{folder}: made by version {description.method_version} of {description.method}; this installation has "
            f"version {method_type.version}, which would give other maps. Fit it again, or install the packages that "
            f"{DESCRIPTION} names."
        )
    settings = build_settings(description.method, method_type.Settings, description.settings)
    state = read_state(folder, description)
    if not description.has_backbone and (found := weights_identity(settings, weights)) != description.weights:
        raise WeightsError(
            f"{folder}: holds no backbone and was made with weights {_shown(description.weights)}; "
            f"the weights here are {_shown(found)}. Give the same file with --weights."
        )
    method = method_type(settings, MethodContext(seed=description.seed, device=device, weights=weights))
    try:
        method.restore(state)
        # What does not fit shows at the latest here, and not at the first image of a day.
        method.judge(np.zeros((1, *description.size_px, 3), np.uint8))
    except (AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise BundleError(f"{folder}: its tensors do not fit its settings ({reason}).") from error
    return Bundle(description, method, device)


def read_state(folder: Path, description: BundleDescription) -> MethodState:
    """The state of the method of a bundle, without its backbone where the bundle has none.

    Raises:
        BundleError: The file of the tensors is missing or damaged.
    """
    tensors = _read_tensors(folder / TENSORS, description.tensors_sha256)
    return MethodState(
        tensors={name: value for name, value in tensors.items() if not name.startswith(_BACKBONE)},
        values=description.values,
        backbone={name.removeprefix(_BACKBONE): value for name, value in tensors.items() if name.startswith(_BACKBONE)},
    )


def _read_tensors(file: Path, sha256: str) -> dict[str, Any]:
    if not file.is_file():
        raise BundleError(f"{file}: no such file; a bundle has it beside {DESCRIPTION}.")
    if (found := _sha256(file)) != sha256:
        raise BundleError(
            f"{file}: its SHA-256 is {found[:12]}..., {DESCRIPTION} says {sha256[:12]}...; was it copied to its end?"
        )
    try:
        # Copied, because tensors in a file begin anywhere: matrix products can differ in the last bit with how their
        # operands are aligned, and those of a fitted method are aligned.
        return {name: value.clone() for name, value in load_file(file).items()}
    except SafetensorError as error:
        raise BundleError(f"{file}: cannot be read as safetensors ({error}).") from error


def _shown(weights: str) -> str:
    return weights if weights.startswith("timm:") else weights[:12]


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
