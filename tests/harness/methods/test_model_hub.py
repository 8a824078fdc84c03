import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import huggingface_hub
import pytest
import torch

from harness.methods import model_hub
from harness.methods.model_hub import announce_download, failure_to_reach, is_cached


def test_a_hub_that_answers_has_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub, "get_session", lambda: SimpleNamespace(head=lambda url, timeout: None))
    assert failure_to_reach() == ""


def test_the_error_of_the_hub_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(url: str, timeout: float) -> None:
        raise OSError("Name or service\nnot known")

    monkeypatch.setattr(huggingface_hub, "get_session", lambda: SimpleNamespace(head=refuse))
    assert failure_to_reach() == "Name or service not known"


def test_a_hub_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    session = SimpleNamespace(head=lambda url, timeout: release.wait())
    monkeypatch.setattr(huggingface_hub, "get_session", lambda: session)
    assert failure_to_reach(0.01) == "no answer within 0.01 s"
    release.set()


def test_a_name_without_weights_on_the_hub_is_neither_cached_nor_not() -> None:
    assert is_cached("pdn_small") is None


def test_weights_in_the_cache_of_the_hub_or_of_torch_are_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    kept: dict[str, str] = {}
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda repo, name: kept.get(f"{repo}/{name}"))
    assert is_cached("resnet18") is False
    kept["timm/resnet18.a1_in1k/pytorch_model.bin"] = "file"
    assert is_cached("resnet18") is True

    config = SimpleNamespace(hf_hub_id=None, hf_hub_filename=None, url="https://hub.invalid/weights/a.pth")
    monkeypatch.setattr("timm.models.get_pretrained_cfg", lambda *_, **__: config)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    assert is_cached("a") is False
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "a.pth").touch()
    assert is_cached("a") is True


@pytest.mark.parametrize(
    ("cached", "messages"), [(False, ["Downloading weights of a from the model hub ..."]), (True, [])]
)
def test_a_download_is_announced_and_nothing_else(
    cached: bool, messages: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def reached(*_: Any) -> str:
        return ""

    monkeypatch.setattr(model_hub, "is_cached", lambda name: cached)
    monkeypatch.setattr(model_hub, "failure_to_reach", reached)
    announce_download("a")
    assert caplog.messages == messages


def test_a_download_from_a_hub_that_does_not_answer_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_hub, "is_cached", lambda name: False)
    monkeypatch.setattr(model_hub, "failure_to_reach", lambda: "no route")
    with pytest.raises(ConnectionError, match=r"^The model hub cannot be reached: no route\.$"):
        announce_download("a")
