from pathlib import Path
from typing import Any

import pytest
import timm
import torch

from harness.errors import WeightsError
from harness.methods import backbone_weights as weights_module
from harness.methods.backbone_weights import must_be_downloaded, open_backbone, weights_identity
from mfrnet import BackboneSettings

FILTERS = BackboneSettings(backbone="filter_bank")
RESNET = BackboneSettings(backbone="resnet18")


def test_the_filter_bank_has_no_weights() -> None:
    assert weights_identity(FILTERS, None) == ""
    assert [layer.stride_px for layer in open_backbone(FILTERS, None).layers] == [8, 16]


def test_a_method_without_a_backbone_has_no_weights() -> None:
    assert weights_identity(object(), None) == ""


def test_timm_s_own_weights_go_by_name_and_tag() -> None:
    assert weights_identity(RESNET, None) == "timm:resnet18.a1_in1k"


def test_local_weights_go_by_their_content(tmp_path: Path) -> None:
    for name, content in (("a", b"1"), ("b", b"1"), ("c", b"2")):
        (tmp_path / name).write_bytes(content)
    same, too, other = (weights_identity(RESNET, tmp_path / name) for name in "abc")
    assert same == too != other
    assert len(same) == 64


@pytest.mark.parametrize("look", [weights_identity, open_backbone])
def test_a_missing_file_is_one_line(look: Any, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"^No weights file at [^\n]*/none\.pth; expected a \.safetensors or"):
        look(RESNET, tmp_path / "none.pth")


def test_weights_of_another_shape_are_not_taken_for_a_failed_download(tmp_path: Path) -> None:
    state = timm.create_model("test_resnet", features_only=True, out_indices=(1,)).state_dict()
    torch.save(state | {"conv1.0.weight": torch.zeros(1, 3, 7, 7)}, tmp_path / "a.pth")
    with pytest.raises(
        WeightsError, match=r"a\.pth: does not fit backbone 'test_resnet': [^\n]*size mismatch for conv1"
    ):
        open_backbone(BackboneSettings(backbone="test_resnet", layers=(1,)), tmp_path / "a.pth")


def test_weights_under_the_names_of_the_whole_model_fit_a_network_that_timm_renames(tmp_path: Path) -> None:
    torch.manual_seed(0)
    whole = timm.create_model("test_convnext", pretrained=False)
    torch.save(whole.state_dict(), tmp_path / "a.pth")
    settings = BackboneSettings(backbone="test_convnext", layers=(1,))
    backbone = open_backbone(settings, tmp_path / "a.pth")
    loaded = {tuple(value.shape): value for value in backbone.state_dict().values()}
    stem = whole.state_dict()["stem.0.weight"]
    assert torch.equal(loaded[tuple(stem.shape)], stem)


class HubError(Exception):
    """As the hub's client raises it: no OSError."""


HubError.__module__ = "httpx"


def mfrnet_s_error() -> ValueError:
    error = ValueError("Backbone 'resnet18' cannot be built")
    error.__cause__ = HubError("read timed out")
    return error


@pytest.mark.parametrize("error", [OSError("unreachable\nsecond line"), HubError("no"), mfrnet_s_error()])
def test_every_error_of_the_network_says_what_needs_none(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: Any) -> None:
        raise error

    monkeypatch.setattr(weights_module, "announce_download", lambda name: None)
    monkeypatch.setattr(weights_module, "load_backbone", unreachable)
    with pytest.raises(
        WeightsError,
        match=r"^Pre-trained weights of 'resnet18' are not in timm's cache and could not be downloaded; "
        r"use --weights resnet18=FILE, or --backbone filter_bank, which needs none\.$",
    ):
        open_backbone(RESNET, None)


def test_a_full_memory_is_not_an_error_of_the_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(*_: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(weights_module, "load_backbone", fill)
    with pytest.raises(torch.OutOfMemoryError, match="CUDA out of memory"):
        open_backbone(FILTERS, None)


@pytest.mark.parametrize(
    ("settings", "weights", "expected"),
    [(RESNET, None, True), (RESNET, Path("file"), False), (FILTERS, None, False), (object(), None, False)],
)
def test_only_weights_that_are_neither_local_nor_cached_must_be_downloaded(
    settings: object, weights: Path | None, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights_module, "is_cached", lambda name: False)
    assert must_be_downloaded(settings, weights) is expected


def test_an_unknown_backbone_is_said_to_be_unknown() -> None:
    with pytest.raises(
        WeightsError,
        match=r"^Unknown backbone 'resnet19'\. Did you mean 'resnet18'\? Expected 'filter_bank' or a name",
    ):
        open_backbone(BackboneSettings(backbone="resnet19"), None)
