from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mfrnet import FeatureStack, MFRNetSettings, fit_detector, global_batch_size, training
from mfrnet.parallel import divided, on_all_ranks, rank, share, world_size
from tests.support.process_group import run_in_group

SETTINGS = MFRNetSettings(width=8, num_heads=1, depth=1, steps=20, cell=1, batch_size=4, calibration_share=0.5)


@dataclass
class Outcome:
    """What one process saw."""

    losses: list[float]
    maps_NHW: NDArray[np.float32]
    shares: list[range]
    divided: list[str]
    errors: list[str]


def outcome(folder: Path) -> Outcome:
    del folder
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "_REPORT_EVERY", 1)
        losses: list[float] = []
        detector = fit_detector(features(), SETTINGS, seed=0, report=lambda step, steps, loss: losses.append(loss))
    maps_NHW = np.concatenate([batch.maps_BHW for batch in detector.judge_all(features())])
    return Outcome(
        losses=losses,
        maps_NHW=maps_NHW,
        shares=on_all_ranks(lambda: share(5)),
        divided=list(divided(lambda item: f"{item} by {rank()}", range(3))),
        errors=[message_of(fail_in_the_last_process), message_of(unpicklable), message_of(uneven_batch)],
    )


def features() -> FeatureStack:
    layer_NCHW = np.random.default_rng(0).normal(size=(40, 4, 4, 4)).astype(np.float16)
    return FeatureStack([layer_NCHW], (64, 64))


def message_of(work: Any) -> str:
    try:
        on_all_ranks(work)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "none"


def fail_in_the_last_process() -> None:
    if rank() == world_size() - 1:
        raise FileNotFoundError("no such image")


def unpicklable() -> None:
    if rank() == world_size() - 1:
        error = RuntimeError("holds a function")
        error.add_note = lambda note: None  # type: ignore[method-assign]
        raise error


def uneven_batch() -> None:
    fit_detector(features(), replace(SETTINGS, batch_size=3), seed=0)


@pytest.fixture(scope="module")
def group(tmp_path_factory: pytest.TempPathFactory) -> list[Outcome]:
    return run_in_group(outcome, tmp_path_factory.mktemp("group"))


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return outcome(tmp_path_factory.mktemp("alone"))


def test_two_processes_follow_the_loss_curve_of_one(group: list[Outcome], alone: Outcome) -> None:
    assert len(alone.losses) == 20
    for each in group:
        np.testing.assert_allclose(each.losses, alone.losses, rtol=0, atol=1e-5)


def test_every_process_yields_all_maps_in_order_and_they_are_those_of_one(group: list[Outcome], alone: Outcome) -> None:
    assert np.array_equal(group[0].maps_NHW, group[1].maps_NHW)
    np.testing.assert_allclose(group[0].maps_NHW, alone.maps_NHW, rtol=1e-3, atol=1e-3)


def test_shares_are_contiguous_and_complete(group: list[Outcome], alone: Outcome) -> None:
    assert alone.shares == [range(5)]
    assert group[0].shares == group[1].shares == [range(2), range(2, 5)]


def test_divided_work_comes_in_the_order_of_its_items(group: list[Outcome]) -> None:
    assert group[0].divided == group[1].divided == ["0 by 0", "1 by 1", "2 by 0"]


def test_an_error_of_one_process_is_raised_in_all(group: list[Outcome]) -> None:
    for each in group:
        assert each.errors[0] == "FileNotFoundError: no such image"
        assert each.errors[1].startswith("RuntimeError: ")
        assert "holds a function" in each.errors[1]


def test_a_batch_that_the_processes_do_not_divide_is_refused(group: list[Outcome]) -> None:
    for each in group:
        assert each.errors[2] == (
            "ValueError: batch_size: expected the images per step to be a multiple of the 2 processes, "
            "got 3 images per step."
        )


@pytest.mark.parametrize(("image_size_px", "expected"), [((192, 192), 4), ((192, 384), 2)])
def test_the_number_of_processes_must_divide_the_images_of_a_step(
    image_size_px: tuple[int, int], expected: int
) -> None:
    assert global_batch_size(SETTINGS, image_size_px) == expected
