import json
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import harness
from harness.bundles import bundle as bundles
from harness.bundles import read_bundle, write_bundle
from harness.bundles.bundle import DESCRIPTION, TENSORS, read_description, rewrite_description
from harness.errors import BundleError, WeightsError
from harness.methods.state import MethodState
from tests.support.detectors import fit_bundle


@pytest.fixture
def copy(bundle: Path, tmp_path: Path) -> Path:
    """A bundle that may be damaged."""
    return shutil.copytree(bundle, tmp_path / "copy")


def facts(bundle: Path) -> dict[str, Any]:
    description = read_description(bundle)
    known = {name: getattr(description, name) for name in type(description).model_fields}
    return {name: known[name] for name in known if name not in ("values", "has_backbone", "tensors_sha256")}


def test_a_bundle_is_two_files_and_none_of_them_is_code(bundle: Path) -> None:
    assert sorted(path.name for path in bundle.iterdir()) == [DESCRIPTION, TENSORS]
    json.loads((bundle / DESCRIPTION).read_text())
    assert load_file(bundle / TENSORS)


def test_a_description_says_how_the_detector_was_made(bundle: Path) -> None:
    description = read_description(bundle)
    assert (description.format, description.method, description.size_px) == (1, "gaussian", (32, 32))
    assert (description.origin.dataset, description.origin.category) == ("parts", "parts")
    assert description.origin.num_images == 30
    assert len(description.held_out) == 10
    assert description.thresholds is not None
    assert description.origin.versions.keys() >= {"torch", "numpy"}
    assert description.origin.made_at.endswith("+00:00")


@pytest.mark.parametrize("umask", [0o022, 0o027, 0o077])
def test_modes_follow_the_umask(bundle: Path, tmp_path: Path, umask: int) -> None:
    description, read = read_description(bundle), read_bundle(bundle)
    before = os.umask(umask)
    try:
        write_bundle(tmp_path / "new", read.method.state(), facts(bundle))
        rewrite_description(tmp_path / "new", description)
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new").iterdir()}
    assert modes == dict.fromkeys((DESCRIPTION, TENSORS), 0o666 & ~umask)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o777 & ~umask


def test_an_existing_folder_is_never_touched(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(BundleError, match=r"mine: exists already; expected a new folder"):
        write_bundle(tmp_path / "mine", MethodState(tensors={}), facts(bundle))
    assert list((tmp_path / "mine").iterdir()) == []


# Written whole or not at all.


@pytest.mark.parametrize("broken", ["save_tensors", "write_atomically", "_sha256"])
@pytest.mark.parametrize("error", [KeyboardInterrupt("in the middle"), OSError("in the middle: the disk is full")])
def test_a_bundle_that_was_not_finished_leaves_nothing(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str, error: BaseException
) -> None:
    state, known = read_bundle(bundle).method.state(), facts(bundle)

    def fail(*arguments: object) -> None:
        seen.append((tmp_path / "new").exists())
        raise error

    seen: list[bool] = []
    monkeypatch.setattr(bundles, broken, fail)
    with pytest.raises(type(error), match="in the middle"):
        write_bundle(tmp_path / "new", state, known)
    assert seen == [False]
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_does_not_stand_in_the_way(bundle: Path, tmp_path: Path) -> None:
    left = tmp_path / ".new-0123456789abcdef"
    left.mkdir()
    (left / TENSORS).write_bytes(b"half")
    write_bundle(tmp_path / "new", read_bundle(bundle).method.state(), facts(bundle))
    assert sorted(path.name for path in tmp_path.iterdir()) == [left.name, "new"]
    read_bundle(tmp_path / "new")


def test_a_description_is_replaced_in_one_step(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, description = (copy / DESCRIPTION).read_bytes(), read_description(copy)
    monkeypatch.setattr("os.replace", lambda source, target: (_ for _ in ()).throw(OSError("the disk is full")))
    with pytest.raises(OSError, match="the disk is full"):
        rewrite_description(copy, description.model_copy(update={"thresholds": None}))
    assert (copy / DESCRIPTION).read_bytes() == before


def test_a_file_and_a_missing_folder_are_no_bundles(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text")
    for name in ("file", "missing"):
        with pytest.raises(BundleError, match=name):
            harness.load(tmp_path / name)


# Without the backbone.


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """Two files of weights for one backbone."""
    import timm

    folder = tmp_path_factory.mktemp("weights")
    files = folder / "right.pth", folder / "wrong.pth"
    with torch.random.fork_rng(devices=[]):
        for seed, file in enumerate(files):
            torch.manual_seed(seed)
            torch.save(timm.create_model("resnet10t", pretrained=False).state_dict(), file)
    return files


@pytest.fixture(scope="module")
def without_backbone(parts: Path, weights: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fit_bundle(
        parts,
        tmp_path_factory.mktemp("without") / "bundle",
        backbone="resnet10t",
        overrides={"gaussian": {"layers": [1]}},
        weights={"resnet10t": str(weights[0])},
        with_backbone=False,
    )


def test_a_bundle_without_its_backbone_is_small_and_loads_with_the_right_weights(
    without_backbone: Path, weights: tuple[Path, Path]
) -> None:
    assert (without_backbone / TENSORS).stat().st_size < weights[0].stat().st_size / 4
    assert not any(name.startswith("backbone.") for name in load_file(without_backbone / TENSORS))
    assert read_bundle(without_backbone, weights=weights[0]).method.num_frozen_parameters > 0


def test_other_weights_are_refused(without_backbone: Path, weights: tuple[Path, Path]) -> None:
    made_with = read_description(without_backbone).weights[:12]
    with pytest.raises(WeightsError, match=rf"made with weights {made_with}; the weights here are .* with --weights\."):
        read_bundle(without_backbone, weights=weights[1])


def test_no_weights_are_refused_without_a_download(without_backbone: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"the weights here are timm:resnet10t\.\w+\. Give the same file"):
        read_bundle(without_backbone)
    with pytest.raises(WeightsError, match=r"nowhere\.pth"):
        read_bundle(without_backbone, weights=tmp_path / "nowhere.pth")


def test_a_bundle_with_its_backbone_needs_no_weights(parts: Path, weights: tuple[Path, Path], tmp_path: Path) -> None:
    made = fit_bundle(
        parts,
        tmp_path / "bundle",
        backbone="resnet10t",
        overrides={"gaussian": {"layers": [1]}},
        weights={"resnet10t": str(weights[0])},
    )
    assert read_bundle(made).description.has_backbone
