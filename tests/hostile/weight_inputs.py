"""Files of weights, and the options beside them."""

import io
import json
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from harness.methods.backbone_weights import open_backbone
from mfrnet import BackboneSettings
from tests.hostile.bad_input import BadInput, written

SETTINGS = BackboneSettings(backbone="test_resnet", layers=(1,))


class Evil:
    """Makes a file where it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("unpickled"),))


def _saved(value: object, **options: Any) -> bytes:
    stream = io.BytesIO()
    torch.save(value, stream, **options)
    return stream.getvalue()


def safetensors_of(header: object, content: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + content


def tensor(shape: list[int], offsets: list[int], dtype: str = "F32") -> dict[str, Any]:
    return {"a": {"dtype": dtype, "shape": shape, "data_offsets": offsets}}


def _zip_with(content: bytes) -> bytes:
    """A file of PyTorch whose pickle is another one."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(_saved({"a": torch.zeros(2)}))) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            new.writestr(name, content if name.endswith("data.pkl") else old.read(name))
    return stream.getvalue()


_SAFETENSORS: dict[str, Callable[[], bytes]] = {
    "text": lambda: b"no tensors",
    "nothing": lambda: b"",
    "a header of eight exabytes": lambda: b"\xff" * 8 + b"{}",
    "a header longer than the file": lambda: struct.pack("<Q", 1000) + b"{}",
    "a header that is no JSON": lambda: safetensors_of(b"{no json"),
    "a header that is a list": lambda: safetensors_of([1, 2]),
    "a header that is no UTF-8": lambda: safetensors_of(b'{"\xff": 1}'),
    "a header a hundred thousand deep": lambda: safetensors_of(b'{"a":' * 100_000),
    "a tensor beyond the end": lambda: safetensors_of(tensor([4], [0, 16])),
    "a tensor larger than its bytes": lambda: safetensors_of(tensor([1000], [0, 16]), bytes(16)),
    "a tensor of a quintillion numbers": lambda: safetensors_of(tensor([10**9, 10**9], [0, 16]), bytes(16)),
    "a tensor that overflows": lambda: safetensors_of(tensor([2**62, 2**62], [0, 16]), bytes(16)),
    "a tensor of negative size": lambda: safetensors_of(tensor([-4], [0, 16]), bytes(16)),
    "a tensor that ends before it begins": lambda: safetensors_of(tensor([4], [16, 0]), bytes(16)),
    "a tensor of an unknown type": lambda: safetensors_of(tensor([4], [0, 16], "F33"), bytes(16)),
    "overlapping tensors": lambda: safetensors_of(
        tensor([4], [0, 16]) | {"b": {"dtype": "F32", "shape": [4], "data_offsets": [8, 24]}}, bytes(24)
    ),
    "bytes that belong to no tensor": lambda: safetensors_of(tensor([4], [0, 16]), bytes(32)),
    "a pickle with code": lambda: pickle.dumps(Evil()),
    "half a file": lambda: save({"a": torch.zeros(100)})[:-100],
    "tensors of another network": lambda: save({"stem.weight": torch.zeros(1)}),
}

_PICKLES: dict[str, Callable[[], bytes]] = {
    "a pickle with code": lambda: pickle.dumps(Evil()),
    "a PyTorch file with code": lambda: _saved({"a": Evil()}),
    "an old PyTorch file with code": lambda: _saved({"a": Evil()}, _use_new_zipfile_serialization=False),
    "a PyTorch file whose pickle was exchanged": lambda: _zip_with(pickle.dumps(Evil())),
    "a pickle that builds a module": lambda: _saved(torch.nn.Linear(1, 1)),
    "a pickle that fills the memory": lambda: b"\x80\x02]r\xff\xff\xff\x7f.",
    "a list of tensors": lambda: _saved([torch.zeros(2)]),
    "names that are numbers": lambda: _saved({1: torch.zeros(2)}),
    "a text among the tensors": lambda: _saved({"a": torch.zeros(2), "b": "text"}),
    "a state dict in a state dict of texts": lambda: _saved({"state_dict": {"a": "text"}}),
    "half a PyTorch file": lambda: _saved({"a": torch.zeros(1000)})[:-1000],
    "text": lambda: b"no tensors",
    "nothing": lambda: b"",
    "zeros": lambda: bytes(1000),
    "a zip": lambda: _plain_zip(),
    "tensors of another network": lambda: _saved({"stem.weight": torch.zeros(1)}),
    "a tensor of another shape": lambda: _right({"conv1.0.weight": torch.zeros(1, 3, 7, 7)}),
}

_OPTIONS: dict[str, str] = {
    "no JSON": "{",
    "an unknown key": '{"size": 3}',
    "a list": "[1]",
    "lists a hundred thousand deep": "[" * 100_000,
    "a mean in words": '{"mean": "grey"}',
    "a mean of one channel": '{"mean": [0.5]}',
    "a mean that is no number": '{"mean": [NaN, 0, 0]}',
    "a deviation of zero": '{"std": [0, 0, 0]}',
    "a model that is a number": '{"model": 3}',
    "an unknown option of the model": '{"model": {"colour": "red"}}',
    "an option that downloads": '{"model": {"pretrained": true}}',
    "an option that opens another file": '{"model": {"checkpoint_path": "/etc/passwd"}}',
    "an option that names another hub": '{"model": {"pretrained_cfg": {"hf_hub_id": "someone/model"}}}',
    "a model of a billion channels": '{"model": {"stem_width": 1000000000}}',
}


def _right(changes: dict[str, torch.Tensor]) -> bytes:
    import timm

    state = timm.create_model("test_resnet", features_only=True, out_indices=(1,)).state_dict()
    return _saved(state | changes)


def _plain_zip() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("note.txt", "no weights")
    return stream.getvalue()


def _opened(name: str, make: Callable[[], bytes]) -> Callable[[Path], object]:
    return lambda here: open_backbone(SETTINGS, written(here / name, make()))


def _with_options(text: str) -> Callable[[Path], object]:
    def read(here: Path) -> object:
        written(here / "w.pth.json", text)
        return open_backbone(SETTINGS, written(here / "w.pth", _right({})))

    return read


WEIGHT_INPUTS = [
    *(BadInput(f"safetensors: {name}", _opened("w.safetensors", make)) for name, make in _SAFETENSORS.items()),
    *(BadInput(f"weights: {name}", _opened("w.pth", make)) for name, make in _PICKLES.items()),
    *(BadInput(f"options of weights: {name}", _with_options(text)) for name, text in _OPTIONS.items()),
    BadInput("weights: no file", lambda here: open_backbone(SETTINGS, here / "none.pth")),
    BadInput("weights: a folder", lambda here: open_backbone(SETTINGS, here)),
    BadInput("weights: a device", lambda here: open_backbone(SETTINGS, Path("/dev/zero"))),
    BadInput(
        "weights: a backbone of another hub",
        lambda here: open_backbone(BackboneSettings(backbone="hf-hub:someone/model"), written(here / "w.pth", b"")),
    ),
    BadInput(
        "weights: a backbone from a folder",
        lambda here: open_backbone(BackboneSettings(backbone="local-dir:here"), written(here / "w.pth", b"")),
    ),
]  # fmt: skip
