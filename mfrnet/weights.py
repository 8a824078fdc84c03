"""Backbone weights from a local file, never through pickle, with the pre-processing that belongs to them."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor


@dataclass(frozen=True)
class LocalWeights:
    """A file of weights: safetensors, or a PyTorch state dict.

    An optional ``<file>.json`` beside it says how images were prepared when these weights were trained
    and which model options they need::

        {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5], "model": {"pad_type": "same", "bn_eps": 0.001}}
    """

    path: Path
    sha256: str
    """Of the file, and of the JSON beside it where there is one."""
    options: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def at(cls, path: Path) -> "LocalWeights":
        """Hash a file and read what lies beside it; the weights themselves are not read yet.

        Raises:
            FileNotFoundError: There is no such file.
            ValueError: The JSON beside it is not an object with only ``mean``, ``std`` and ``model``.
        """
        if not path.is_file():
            raise FileNotFoundError(f"No weights file at {path}; right would be a .safetensors or .pth state dict.")
        digest = hashlib.sha256()
        with path.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                digest.update(chunk)
        beside = path.with_name(path.name + ".json")
        if not beside.is_file():
            return cls(path, digest.hexdigest())
        text = beside.read_bytes()
        digest.update(text)
        try:
            options = json.loads(text)
        except ValueError as error:
            raise ValueError(f"{beside}: not JSON: {error}.") from error
        if not isinstance(options, dict) or not set(options) <= {"mean", "std", "model"}:
            raise ValueError(f"{beside}: right would be an object with 'mean', 'std' and 'model' only.")
        return cls(path, digest.hexdigest(), options)

    def state_dict(self) -> dict[str, Tensor]:
        """Read the tensors.

        Raises:
            ValueError: The file is neither safetensors nor a state dict that loads without pickle.
        """
        try:
            if self.path.suffix == ".safetensors":
                tensors: dict[str, Tensor] = load_file(self.path)
                return tensors
            loaded = torch.load(self.path, map_location="cpu", weights_only=True)
        except Exception as error:
            raise ValueError(f"{self.path}: cannot be read as weights: {str(error).splitlines()[0]}") from error
        if isinstance(loaded, dict) and isinstance(loaded.get("state_dict"), dict):
            loaded = loaded["state_dict"]
        if not isinstance(loaded, dict) or not all(isinstance(value, Tensor) for value in loaded.values()):
            raise ValueError(f"{self.path}: not a state dict; right would be a mapping of names to tensors.")
        return loaded
