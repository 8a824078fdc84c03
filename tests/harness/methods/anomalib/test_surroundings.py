import random
import signal
import warnings

import numpy as np
import pytest
import torch

from harness.methods.anomalib.surroundings import deterministic, interruptible, quiet, seeded


def drawn() -> tuple[float, float, float]:
    return random.random(), float(np.random.rand()), float(torch.rand(1))  # noqa: NPY002


def test_generators_start_from_the_seed_and_go_on_as_before() -> None:
    with seeded(7, "cpu"):
        first = drawn()
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
    torch.manual_seed(0)
    undisturbed = drawn()
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
    torch.manual_seed(0)
    with seeded(7, "cpu"):
        assert drawn() == first
    assert drawn() == undisturbed


def test_lightning_s_exit_after_ctrl_c_is_the_interruption_again_and_the_handler_comes_back() -> None:
    before = signal.getsignal(signal.SIGINT)

    @interruptible()
    def train() -> None:
        try:
            raise KeyboardInterrupt("asked")
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            raise SystemExit(1)  # noqa: B904 - as Lightning does

    with pytest.raises(KeyboardInterrupt, match=r"^asked$"):
        train()
    assert signal.getsignal(signal.SIGINT) is before


def test_an_exit_that_no_ctrl_c_caused_stays_an_exit() -> None:
    with pytest.raises(SystemExit, match=r"^7$"), interruptible():
        raise SystemExit(7)


def test_determinism_is_asked_for_only_while_it_is_needed() -> None:
    assert not torch.are_deterministic_algorithms_enabled()
    with deterministic():
        assert torch.are_deterministic_algorithms_enabled()
    assert not torch.are_deterministic_algorithms_enabled()


def test_warnings_and_progress_bars_do_not_reach_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    from tqdm import tqdm

    with quiet():
        warnings.warn("of no use here", UserWarning, stacklevel=1)
        assert list(tqdm(range(3), desc="of no use either")) == [0, 1, 2]
    assert capfd.readouterr() == ("", "")
    list(tqdm(range(3), desc="shown again"))
    assert "shown again" in capfd.readouterr().err
