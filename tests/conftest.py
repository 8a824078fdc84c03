from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def _own_surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    # Neither the user's caches nor the user's settings reach a test.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BENCH_CACHE", str(tmp_path_factory.mktemp("cache")))
        for name in ("BENCH_DATA", "BENCH_RESULTS", "BENCH_CACHE_LIMIT_GB", "RAY_ADDRESS"):
            patch.delenv(name, raising=False)
        yield
