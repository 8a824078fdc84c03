"""Bundles: descriptions that lie, and tensors that do not fit."""

import hashlib
import json
import pickle
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load, save

import harness
from harness.bundles.bundle import DESCRIPTION, TENSORS
from tests.hostile.bad_input import BadInput, written
from tests.hostile.weight_inputs import Evil, safetensors_of, tensor
from tests.support.detectors import fit_bundle, write_parts

_DIGITS = "9" * 5000
ZEROS = torch.zeros(3)
_SMALL = {"layers": [2, 3], "width": 16, "num_heads": 1, "depth": 1, "steps": 1, "cell": 1}


@cache
def good_bundle(method: str) -> tuple[str, bytes]:
    """Description and tensors of a good bundle."""
    with tempfile.TemporaryDirectory() as folder:
        parts = write_parts(Path(folder) / "parts")
        overrides = {"mfrnet": _SMALL} if method == "mfrnet" else {}
        made = fit_bundle(parts, Path(folder) / "bundle", method, overrides=overrides)
        return (made / DESCRIPTION).read_text(), (made / TENSORS).read_bytes()


def _read(description: str | bytes | None, tensors: bytes | None) -> Callable[[Path], object]:
    def read(here: Path) -> object:
        here = here / "bundle"
        here.mkdir()
        if description is not None:
            written(here / DESCRIPTION, description)
        if tensors is not None:
            written(here / TENSORS, tensors)
        return harness.load(here)

    return read


def _edited(change: Callable[[dict[str, Any]], object], method: str = "gaussian") -> Callable[[Path], object]:
    """A bundle whose description is changed, and says what it may of the tensors."""

    def read(here: Path) -> object:
        text, tensors = good_bundle(method)
        content = json.loads(text)
        change(content)
        return _read(json.dumps(content), tensors)(here)

    return read


def _set(*place_and_value: Any, method: str = "gaussian") -> Callable[[Path], object]:
    *place, name, value = place_and_value

    def change(content: dict[str, Any]) -> None:
        for each in place:
            content = content[each]
        content[name] = value

    return _edited(change, method)


def _with_tensors(make: Callable[[bytes], bytes], method: str = "gaussian") -> Callable[[Path], object]:
    """A bundle with other tensors, whose description has their hash."""

    def read(here: Path) -> object:
        text, tensors = good_bundle(method)
        changed = make(tensors)
        content = json.loads(text) | {"tensors_sha256": hashlib.sha256(changed).hexdigest()}
        return _read(json.dumps(content), changed)(here)

    return read


def _tensor(name: str, value: torch.Tensor | None, method: str = "gaussian") -> Callable[[Path], object]:
    def make(tensors: bytes) -> bytes:
        changed = load(tensors)
        if value is None:
            del changed[name]
        else:
            changed[name] = value
        return save(changed)

    return _with_tensors(make, method)


def _whole(change: Callable[[str, bytes], tuple[str | bytes | None, bytes | None]]) -> Callable[[Path], object]:
    return lambda here: _read(*change(*good_bundle("gaussian")))(here)


def _flipped(tensors: bytes) -> bytes:
    middle = len(tensors) // 2
    return tensors[:middle] + bytes([tensors[middle] ^ 1]) + tensors[middle + 1 :]


BUNDLE_INPUTS = [
    BadInput(f"bundle: {name}", read)
    for name, read in {
        "nothing": _read(None, None),
        "no description": _whole(lambda text, tensors: (None, tensors)),
        "no tensors": _whole(lambda text, tensors: (text, None)),
        "half the tensors": _whole(lambda text, tensors: (text, tensors[: len(tensors) // 2])),
        "a flipped bit": _whole(lambda text, tensors: (text, _flipped(tensors))),
        "half a description": _whole(lambda text, tensors: (text[:300], tensors)),
        "a description that is no text": _read(b"\xff\xfe\x00", b""),
        "a description of another program": _read('{"name": "detector"}', b""),
        "a description that is a list": _read("[1, 2]", b""),
        "a description a hundred thousand deep": _read("[" * 100_000, b""),
        "a description with a number of five thousand digits": _read(f'{{"format": {_DIGITS}}}', b""),
        "another format": _set("format", 2),
        "another version of the method": _set("method_version", 2),
        "an unknown method": _set("method", "gausian"),
        "a method that is a module": _set("method", "os:abort"),
        "an extra field": _set("colour", "red"),
        "a missing field": _edited(lambda content: content.pop("seed")),
        "a size in words": _set("size_px", "large"),
        "a size of a billion pixels a side": _set("size_px", [10**9, 10**9]),
        "a size that is negative": _set("size_px", [-32, 32]),
        "a size that the protocol does not give": _set("size_px", [64, 64]),
        "values of another size": _set("values", "image_size_px", [10**6, 10**6]),
        "an aspect that is no number": _set("aspect_range", [float("nan"), float("nan")]),
        "a score threshold that is no number": _set("thresholds", "score", float("nan")),
        "a pixel threshold without an end": _set("thresholds", "pixel", float("inf")),
        "a held-out score that is no number": _set("held_out", 0, "score", float("nan")),
        "an unknown setting": _set("settings", {"kernels": 3}),
        "a smoothing of a billion pixels": _set("settings", "smoothing_px", 1e9),
        "a neighbourhood of a billion": _set("settings", "neighbourhood", 10**9 + 1),
        "a network of a billion blocks": _set("settings", "depth", 10**9, method="mfrnet"),
        "a network of a billion channels": _set("settings", "width", 4 * 10**9, method="mfrnet"),
        "a network wider than its tensors": _set("settings", "width", 8192, method="mfrnet"),
        "settings a thousand deep": _set("settings", json.loads('{"a":' * 900 + "1" + "}" * 900)),
        "no values": _set("values", {}),
        "values of another kind": _set("values", {"backbone_options": 3, "image_size_px": 7}),
        "a backbone with an option that opens a file": _set(
            "values", "backbone_options", {"model": {"checkpoint_path": "/etc/passwd"}}
        ),
        "a backbone of another hub": _set("settings", "backbone", "hf-hub:someone/model"),
        "a backbone of half a gigabyte": _set("settings", "backbone", "wide_resnet101_2"),
        "a hash that is none": _set("tensors_sha256", "abc"),
        "a text that clears the screen": _set("method", "\x1b[2J"),
        "a pickle with code for tensors": _with_tensors(lambda tensors: pickle.dumps(Evil())),
        "a zip for tensors": _with_tensors(lambda tensors: b"PK\x03\x04 a pickle in an archive"),
        "a header of eight exabytes": _with_tensors(lambda tensors: b"\xff" * 8 + b"{}"),
        "a tensor of a quintillion numbers": _with_tensors(
            lambda tensors: safetensors_of(tensor([10**9, 10**9], [0, 4]), bytes(4))
        ),
        "tensors of another detector": _with_tensors(lambda tensors: save({"other": torch.zeros(3)})),
        "no mean": _tensor("aggregator.mean", None),
        "a mean of another shape": _tensor("aggregator.mean", torch.zeros(7)),
        "a whitening of another shape": _tensor("aggregator.whitening.0", torch.zeros(2, 3)),
        "masks of another grid": _tensor("masks", torch.zeros(2, 2, 7, 7, dtype=torch.bool), "mfrnet"),
    }.items()
]  # fmt: skip
