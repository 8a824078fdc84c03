import signal
from collections.abc import Iterator

import pytest


@pytest.fixture
def ctrl_c_interrupts() -> Iterator[None]:
    # A shell starts background commands with SIGINT ignored, and Python then leaves it so.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
