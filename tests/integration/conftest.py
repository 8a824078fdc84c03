import pytest


def pytest_configure(config: pytest.Config) -> None:
    # Ray drops the handles of its own processes without waiting for their end.
    config.addinivalue_line("filterwarnings", "ignore:subprocess .* is still running:ResourceWarning")
