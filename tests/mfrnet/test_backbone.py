import json
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file

from mfrnet import BackboneSettings, LocalWeights, check_layers, load_backbone
from mfrnet.filter_bank import FilterBank

MODEL = "test_resnet"
"""timm's own miniature residual network, made for tests."""


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    path = tmp_path / "weights.safetensors"
    save_file(timm.create_model(MODEL, features_only=True, pretrained=False).state_dict(), path)
    return path


def test_layers_are_found_by_index_and_by_name() -> None:
    by_index = check_layers(BackboneSettings(backbone="resnet18", layers=(2, 3)))
    assert [(layer.name, layer.num_channels, layer.stride_px) for layer in by_index] == [
        ("layer2", 128, 8),
        ("layer3", 256, 16),
    ]
    assert check_layers(BackboneSettings(backbone="resnet18", layers=("layer2", "layer3"))) == by_index


def test_features_come_in_the_order_asked_for(weights: Path) -> None:
    images = torch.randint(0, 256, (2, 64, 64, 3), dtype=torch.uint8)
    local = LocalWeights.at(weights)
    forward = load_backbone(BackboneSettings(backbone=MODEL, layers=(1, 2)), local)(images)
    backward = load_backbone(BackboneSettings(backbone=MODEL, layers=(2, 1)), local)(images)
    assert [tuple(layer.shape[-2:]) for layer in forward] == [(16, 16), (8, 8)]
    assert all(torch.equal(one, other) for one, other in zip(forward, reversed(backward), strict=True))


def test_a_state_dict_without_pickle_gives_the_same_features_as_safetensors(weights: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    torch.save({"state_dict": load_file(weights)}, tmp_path / "weights.pth")
    images = torch.randint(0, 256, (1, 64, 64, 3), dtype=torch.uint8)
    settings = BackboneSettings(backbone=MODEL, layers=(2,))
    one = load_backbone(settings, LocalWeights.at(weights))(images)
    other = load_backbone(settings, LocalWeights.at(tmp_path / "weights.pth"))(images)
    assert torch.equal(one[0], other[0])


def test_the_json_beside_the_weights_says_how_images_are_prepared(weights: Path) -> None:
    plain = LocalWeights.at(weights)
    weights.with_name("weights.safetensors.json").write_text(json.dumps({"mean": [0.1] * 3, "std": [0.2] * 3}))
    described = LocalWeights.at(weights)
    assert described.sha256 != plain.sha256
    backbone = load_backbone(BackboneSettings(backbone=MODEL, layers=(2,)), described)
    assert torch.allclose(backbone.mean_1C11.flatten(), torch.full((3,), 0.1))


def test_a_backbone_stays_frozen_and_in_evaluation_mode(weights: Path) -> None:
    backbone = load_backbone(BackboneSettings(backbone=MODEL, layers=(2,)), LocalWeights.at(weights)).train()
    assert not any(module.training for module in backbone.modules())
    assert not any(parameter.requires_grad for parameter in backbone.parameters())


@pytest.mark.parametrize("content", [{"weights": Path("x")}, [torch.zeros(1)], {"weights": 3}])
def test_other_objects_than_tensors_are_refused_without_advice_to_load_them(tmp_path: Path, content: object) -> None:
    torch.save(content, tmp_path / "other.pth")
    with pytest.raises(ValueError, match=r"other\.pth: cannot be read as weights; expected [^\n]*$") as caught:
        LocalWeights.at(tmp_path / "other.pth").state_dict()
    assert "weights_only" not in str(caught.value)
    assert "pickle" not in str(caught.value)


@pytest.mark.parametrize("layer", [9, "layer9"])
def test_an_unknown_layer_is_refused_with_those_there_are(layer: int | str) -> None:
    with pytest.raises(ValueError, match=r"has no layer .*9.*2 or 'layer2' \(stride 8\)"):
        check_layers(BackboneSettings(backbone="resnet18", layers=(layer,)))


def test_the_filter_bank_has_timm_strides_and_keeps_colour() -> None:
    grey = torch.full((1, 3, 64, 64), 0.5)
    red = grey.clone()
    red[:, 0] = 0.9
    bank = FilterBank((1, 2, 3))
    layers = bank(red)
    assert [tuple(layer.shape) for layer in layers] == [
        (1, bank.num_channels, 16, 16),
        (1, bank.num_channels, 8, 8),
        (1, bank.num_channels, 4, 4),
    ]
    assert all((one - other).abs().max() > 0.1 for one, other in zip(layers, bank(grey), strict=True))


def test_the_filter_bank_tells_orientations_apart() -> None:
    stripes = (torch.arange(64) // 2 % 2).float().expand(1, 3, 64, 64)
    upright, lying = FilterBank((2,))(stripes)[0], FilterBank((2,))(stripes.transpose(2, 3).contiguous())[0]
    assert (upright - lying).abs().max() > 0.02
