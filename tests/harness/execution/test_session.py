import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.errors import SettingsError
from harness.execution.session import HERE, RaySession, prepare_ray_environment
from harness.execution.summary import ExecutionError


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("RAY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(os, "environ", dict(os.environ))


def test_a_cluster_of_our_own_gets_a_token_that_no_file_holds() -> None:
    prepare_ray_environment(HERE)
    assert os.environ["RAY_AUTH_MODE"] == "token"
    assert len(os.environ["RAY_AUTH_TOKEN"]) == 64


def test_a_given_cluster_is_joined_with_the_token_of_the_user() -> None:
    prepare_ray_environment("head:6379")
    assert os.environ["RAY_AUTH_MODE"] == "token"
    assert "RAY_AUTH_TOKEN" not in os.environ


def test_what_the_user_set_stays() -> None:
    os.environ.update(RAY_USAGE_STATS_ENABLED="1", RAY_AUTH_MODE="disabled", RAY_TRAIN_HEALTH_CHECK_INTERVAL_S="3")
    prepare_ray_environment(HERE)
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "1"
    assert os.environ["RAY_TRAIN_HEALTH_CHECK_INTERVAL_S"] == "3"
    assert "RAY_AUTH_TOKEN" not in os.environ


def test_a_token_file_of_the_user_is_used() -> None:
    os.environ["RAY_AUTH_TOKEN_PATH"] = "/somewhere/token"
    prepare_ray_environment(HERE)
    assert "RAY_AUTH_TOKEN" not in os.environ


def test_nothing_is_reported_to_the_makers_of_ray() -> None:
    prepare_ray_environment(HERE)
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"


def test_importing_the_executor_loads_neither_ray_nor_torch() -> None:
    code = "import sys, harness.execution.executor; print({'ray', 'torch'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert ran.stdout == "set()\n"


@pytest.mark.parametrize("address", ["ray://head:10001", "head:port"])
def test_an_address_of_another_form_is_refused(address: str) -> None:
    with pytest.raises(SettingsError, match=f"--address {address}: expected HOST:PORT of a running Ray cluster"):
        RaySession(address=address, num_cpus=1, log_dir=Path())


def test_what_keeps_ray_from_starting_is_one_line_and_a_traceback_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ray

    def refuse(**_: object) -> None:
        raise RuntimeError("no room\nfor it")

    monkeypatch.setattr(ray, "init", refuse)
    session = RaySession(address=HERE, num_cpus=1, log_dir=tmp_path)
    try:
        with pytest.raises(ExecutionError, match=r"^Ray could not be started: no room for it$"):
            session.wait()
    finally:
        session.close()
    log = (tmp_path / "ray.log").read_text(encoding="utf-8")
    assert "ERROR ray: Ray did not start\nTraceback" in log
    assert "RuntimeError: no room" in log
