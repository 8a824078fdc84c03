"""Context managers that undo the side effects of anomalib and Lightning on the process."""

import logging
import os
import random
import signal
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partialmethod

import numpy as np
import torch

_silence_lock = threading.Lock()
_silence = ExitStack()
_num_silent = 0


@contextmanager
def quiet() -> Iterator[None]:
    """Silence warnings, log lines and progress bars of anomalib and its dependencies.

    All of that belongs to the process, so the first of several threads silences and the last one undoes it.
    """
    global _num_silent
    with _silence_lock:
        if not _num_silent:
            _silence.enter_context(_silenced())
        _num_silent += 1
    try:
        yield
    finally:
        with _silence_lock:
            _num_silent -= 1
            if not _num_silent:
                _silence.close()


@contextmanager
def _silenced() -> Iterator[None]:
    names = ("anomalib", "lightning", "lightning.pytorch", "lightning.fabric", "lightning_fabric", "timm")
    levels = {name: logging.getLogger(name).level for name in names}
    from tqdm import tqdm

    show = tqdm.__init__
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in names:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        tqdm.__init__ = partialmethod(show, disable=True)
        try:
            yield
        finally:
            tqdm.__init__ = show
            for name, level in levels.items():
                logging.getLogger(name).setLevel(level)


@contextmanager
def seeded(seed: int, device: str) -> Iterator[None]:
    """Seed every random generator that a model may use, and restore their states afterwards."""
    python, array = random.getstate(), np.random.get_state()  # noqa: NPY002 - the one that libraries draw from
    devices = [torch.device(device)] if device.startswith("cuda") else []
    with torch.random.fork_rng(devices=devices):
        random.seed(seed)
        np.random.seed(seed % 2**32)  # noqa: NPY002
        torch.manual_seed(seed)
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(array)  # noqa: NPY002


@contextmanager
def deterministic() -> Iterator[None]:
    """Use deterministic algorithms, on a GPU as far as its operations have them."""
    before = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    benchmark = torch.backends.cudnn.benchmark
    # cuBLAS reads this when it is first used; without it, the order of some of its sums varies.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.backends.cudnn.benchmark = False
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before[0], warn_only=before[1])
        torch.backends.cudnn.benchmark = benchmark


@contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C end training with the KeyboardInterrupt that Lightning replaces with a SystemExit."""
    handler = signal.getsignal(signal.SIGINT)
    try:
        yield
    except SystemExit as error:
        if isinstance(error.__context__, KeyboardInterrupt):
            raise error.__context__ from None
        raise
    finally:
        if threading.current_thread() is threading.main_thread():
            with suppress(TypeError):  # a handler that was not set from Python
                signal.signal(signal.SIGINT, handler)
