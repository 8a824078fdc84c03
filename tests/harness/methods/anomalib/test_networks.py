import socket
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch
from torch import nn

from harness.errors import WeightsError
from harness.methods import METHODS
from harness.methods.anomalib.construction import build_model, pixels_of
from harness.methods.anomalib.networks import given_networks, no_downloads
from harness.methods.backbone_weights import open_backbone
from mfrnet import BackboneSettings


def test_networks_asked_for_with_weights_are_given_and_others_stay_random() -> None:
    ours = nn.Identity()
    asked: list[tuple[str, dict[str, Any]]] = []

    def load(name: str, arguments: dict[str, Any]) -> nn.Module:
        asked.append((name, arguments))
        return ours

    with given_networks(load, lambda name: {}) as networks:
        teacher = timm.create_model("test_resnet", pretrained=True, pretrained_cfg=None, features_only=True)
        student = timm.create_model("test_resnet", pretrained=False)
    assert teacher is ours
    assert networks == [ours]
    assert asked == [("test_resnet", {"features_only": True})]
    assert student is not ours


def test_loading_may_ask_timm_itself() -> None:
    def load(name: str, arguments: dict[str, Any]) -> nn.Module:
        network: nn.Module = timm.create_model(name, pretrained=False, num_classes=3)
        return network

    with given_networks(load, lambda name: {"num_classes": 7}):
        assert timm.create_model("test_resnet", pretrained=True).num_classes == 3


def test_an_untrained_twin_gets_the_options_of_the_weights() -> None:
    with given_networks(lambda name, arguments: nn.Identity(), lambda name: {"num_classes": 7}):
        assert timm.create_model("test_resnet").num_classes == 7


def test_timm_is_itself_again_afterwards() -> None:
    create = timm.create_model
    with pytest.raises(KeyError, match="x"), given_networks(lambda name, arguments: nn.Identity(), lambda name: {}):
        raise KeyError("x")
    assert timm.create_model is create


def test_a_download_is_a_mistake_that_names_the_host() -> None:
    with (
        pytest.raises(
            WeightsError,
            match=r"^anomalib:dsr needs files that anomalib would download from hub\.invalid, which is not allowed",
        ),
        no_downloads("anomalib:dsr"),
    ):
        socket.create_connection(("hub.invalid", 443))


def test_another_error_stays_itself() -> None:
    with pytest.raises(KeyError, match="x"), no_downloads("padim"):
        raise KeyError("x")


def test_other_threads_may_look_up_hosts() -> None:
    found: list[Any] = []
    with no_downloads("padim"):
        thread = threading.Thread(target=lambda: found.append(socket.getaddrinfo("127.0.0.1", 80)))
        thread.start()
        thread.join()
    assert found


OPTIONS = '{"mean": [0.5, 0.4, 0.3], "std": [0.2, 0.3, 0.4]}'


@pytest.mark.baselines
@pytest.mark.parametrize(("name", "layers"), [("stfpm", ("layer1", "layer2", "layer3")), ("patchcore", ("layer2",))])
@pytest.mark.parametrize("options", [None, OPTIONS])
def test_local_weights_give_the_features_that_every_other_method_gets(
    name: str, layers: tuple[str, ...], options: str | None, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    state = timm.create_model("resnet18", pretrained=False).state_dict()
    # Layers that are not used may be missing, as in files that hold the first three only.
    torch.save({key: value for key, value in state.items() if not key.startswith(("layer4", "fc"))}, tmp_path / "w.pth")
    if options:
        (tmp_path / "w.pth.json").write_text(options)
    method_type: Any = METHODS.get(name)
    settings = method_type.Settings(backbone="resnet18", layers=layers)
    method_type.check_weights(settings, tmp_path / "w.pth")

    images = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), dtype=np.uint8)
    expected = open_backbone(BackboneSettings(backbone="resnet18", layers=layers), tmp_path / "w.pth")(
        torch.from_numpy(images)
    )
    built = build_model(name, settings, (64, 64), tmp_path / "w.pth")
    (network,) = built.frozen
    with torch.inference_mode():
        found = network.eval()(pixels_of(name, settings, (64, 64), tmp_path / "w.pth")(torch.from_numpy(images)))
    for ours, theirs in zip(expected, found, strict=True):
        torch.testing.assert_close(theirs, ours, rtol=0, atol=0)
    if name == "stfpm":
        student = built.module.model.student_model.state_dict()
        teacher = built.module.model.teacher_model.state_dict()
        assert not torch.equal(student["feature_extractor.conv1.weight"], teacher["feature_extractor.conv1.weight"])


@pytest.mark.baselines
def test_weights_of_timm_that_cannot_be_had_name_the_flag(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: Any, **__: Any) -> None:
        raise OSError("[Errno 101] Network is unreachable")

    monkeypatch.setattr("harness.methods.backbone_weights.announce_download", lambda name: None)
    monkeypatch.setattr("harness.methods.backbone_weights.load_network", unreachable)
    method: Any = METHODS.get("stfpm")
    with pytest.raises(
        WeightsError,
        match=r"^Pre-trained weights of 'resnet18' are not in timm's cache and could not be downloaded; "
        r"use --weights resnet18=FILE\.$",
    ):
        method.check_weights(method.Settings(), None)


@pytest.mark.baselines
def test_what_efficient_ad_needs_is_named_before_the_run(tmp_path: Path) -> None:
    method: Any = METHODS.get("efficient_ad")
    with pytest.raises(WeightsError, match=r"use --set efficient_ad\.imagenet_dir=FOLDER\.$"):
        method.check_weights(method.Settings(), None)
    with pytest.raises(WeightsError, match=r"imagenet_dir: expected a folder with photographs .*, got 'nowhere'\.$"):
        method.check_weights(method.Settings(imagenet_dir="nowhere"), None)
    settings = method.Settings(imagenet_dir=str(tmp_path))
    with pytest.raises(WeightsError, match=r"use --weights pdn_small=FILE with pretrained_teacher_small\.pt"):
        method.check_weights(settings, None)
    torch.save({"conv": torch.zeros(1)}, tmp_path / "w.pth")
    with pytest.raises(WeightsError, match=r"w\.pth: expected the teacher of efficient_ad, got other weights \("):
        method.check_weights(settings, tmp_path / "w.pth")


@pytest.mark.baselines
def test_folders_of_draem_that_are_not_there_are_named_and_none_is_needed() -> None:
    method: Any = METHODS.get("draem")
    method.check_weights(method.Settings(), None)
    with pytest.raises(WeightsError, match=r"^draem\.dtd_dir: expected a folder with textures.*, got 'nowhere'\.$"):
        method.check_weights(method.Settings(dtd_dir="nowhere"), None)
