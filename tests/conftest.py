import importlib.util
import os
import signal
import sys
from collections.abc import Iterator

import pytest

from harness.execution.session import HERE, prepare_ray_environment
from harness.freed_memory import keep_freed_memory


def pytest_configure(config: pytest.Config) -> None:
    # Ray reads its settings when it is first imported, and all tests share one process.
    del config
    keep_freed_memory()
    prepare_ray_environment(HERE)
    # Read when the hub's client is imported, which some test modules do as they are collected.
    os.environ["HF_HUB_OFFLINE"] = "1"
    # Read when torch is imported, here and in every process that a test starts. Tests run side by side, and more
    # threads than cores make all of them slower.
    os.environ["OMP_NUM_THREADS"] = "1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # First what takes longest, so that no process of tests has nothing to do while another one runs it.
    items.sort(key=lambda item: item.get_closest_marker("integration") is None)
    if importlib.util.find_spec("anomalib") is None:
        for item in items:
            if item.get_closest_marker("baselines"):
                item.add_marker(pytest.mark.skip(reason="anomalib is not installed"))


@pytest.fixture(scope="session", autouse=True)
def _own_surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    # Neither the user's caches nor the user's settings reach a test.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BENCH_CACHE", str(tmp_path_factory.mktemp("cache")))
        for name in ("BENCH_DATA", "BENCH_RESULTS", "BENCH_CACHE_LIMIT_GB", "BENCH_MAX_MEGAPIXELS", "RAY_ADDRESS"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(autouse=True)
def _as_many_torch_threads_as_before() -> Iterator[None]:
    # More than one thread in each of several processes of tests makes every later test there many times slower.
    torch = sys.modules.get("torch")
    before = torch.get_num_threads() if torch else None
    yield
    assert before is None or torch.get_num_threads() == before, "the test leaves torch with another number of threads"


@pytest.fixture
def ctrl_c_interrupts() -> Iterator[None]:
    # A shell starts background commands with SIGINT ignored, and Python then leaves it so.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
