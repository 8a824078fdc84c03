"""Backbone weights from a local file of tensors, with the pre-processing that belongs to them."""

import hashlib
import json
import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

_OF_TIMM = frozenset(
    [
        "model_name",
        "pretrained",
        "pretrained_cfg",
        "pretrained_cfg_overlay",
        "checkpoint_path",
        "cache_dir",
        "scriptable",
        "exportable",
        "no_jit",
        "features_only",
        "out_indices",
    ]
)
"""Arguments of ``timm.create_model`` itself: they name files and addresses to open, and are no options of a model."""


def check_options(options: Any) -> None:
    """Refuse what are no options of weights; they come from files that others may have written.

    Args:
        options: Perhaps ``mean`` and ``std``, of three channels, and ``model``, arguments of the model.

    Raises:
        ValueError: Says what was expected and what came.

    >>> check_options({"mean": [0.5, 0.5, 0.5]})
    >>> check_options({"std": [1.0, 0.0, 1.0]})
    Traceback (most recent call last):
    ValueError: expected 'std' as a list of three numbers above 0, got [1.0, 0.0, 1.0]
    """
    if not isinstance(options, dict) or not set(options) <= {"mean", "std", "model"}:
        raise ValueError("expected a JSON object with no keys but 'mean', 'std' and 'model'")
    for name, low, words in (("mean", -math.inf, "finite numbers"), ("std", 0.0, "numbers above 0")):
        values = options.get(name, [1.0, 1.0, 1.0])
        is_list = isinstance(values, list | tuple) and len(values) == 3
        if not is_list or not all(isinstance(each, int | float) and low < each < math.inf for each in values):
            raise ValueError(f"expected {name!r} as a list of three {words}, got {str(values)[:80]}")
    model = options.get("model", {})
    if not isinstance(model, dict) or not _OF_TIMM.isdisjoint(model):
        raise ValueError(f"expected 'model' as an object of the model's own options, got {str(model)[:80]}")


@dataclass(frozen=True)
class LocalWeights:
    """A file of weights: safetensors, or a PyTorch state dict.

    An optional ``<file>.json`` beside it states how images were prepared when these weights were trained
    and which model options they need::

        {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5], "model": {"pad_type": "same", "bn_eps": 0.001}}

    >>> import tempfile
    >>> from safetensors.torch import save_file
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_file({"weight": torch.zeros(2)}, Path(folder) / "weights.safetensors")
    ...     LocalWeights.at(Path(folder) / "weights.safetensors").state_dict()
    {'weight': tensor([0., 0.])}
    """

    path: Path
    sha256: str
    """Hash of the file, and of the JSON beside it if there is one."""
    options: dict[str, Any] = field(default_factory=dict)
    rename: Callable[[dict[str, Tensor]], dict[str, Tensor]] | None = None
    """Gives tensors the names that timm expects; None if they have them."""

    @classmethod
    def at(cls, path: Path) -> "LocalWeights":
        """Hash a file and read the JSON beside it; the tensors are not read yet.

        Raises:
            FileNotFoundError: The file does not exist.
            ValueError: The JSON beside it does not hold such options (see ``check_options``).
        """
        if not path.is_file():
            raise FileNotFoundError(f"No weights file at {path}; expected a .safetensors or .pth state dict.")
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
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{beside}: not JSON: {error}.") from error
        try:
            check_options(options)
        except ValueError as error:
            raise ValueError(f"{beside}: {error}.") from error
        return cls(path, digest.hexdigest(), options)

    def state_dict(self) -> dict[str, Tensor]:
        """Read the tensors; objects of any other kind in the file are never executed.

        Raises:
            ValueError: The file is neither safetensors nor a state dict of tensors alone.
        """
        is_safetensors = self.path.suffix == ".safetensors"
        try:
            loaded: Any
            if is_safetensors:
                loaded = load_file(self.path)
            else:
                with warnings.catch_warnings():
                    # torch warns of pickles of another protocol before it refuses them.
                    warnings.simplefilter("ignore")
                    loaded = torch.load(self.path, map_location="cpu", weights_only=True)
        except Exception as error:
            # torch's own text recommends loading the file in an unsafe way.
            expected = "a safetensors file" if is_safetensors else "a PyTorch state dict that holds nothing but tensors"
            raise ValueError(f"{self.path}: cannot be read as weights; expected {expected}.") from error
        if isinstance(loaded, dict) and isinstance(loaded.get("state_dict"), dict):
            loaded = loaded["state_dict"]
        if not isinstance(loaded, dict) or not all(isinstance(value, Tensor) for value in loaded.values()):
            raise ValueError(f"{self.path}: cannot be read as weights; expected a mapping of names to tensors.")
        return self.rename(loaded) if self.rename else loaded
