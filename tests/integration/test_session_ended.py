"""A Ray session ends as a whole, also when Ctrl-C comes meanwhile."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from harness.execution.session import HERE, ray_session

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]


@pytest.mark.usefixtures("ctrl_c_interrupts")
def test_ctrl_c_while_ray_shuts_down_waits_for_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    shutdown = ray.shutdown

    def interrupted(*arguments: Any, **options: Any) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        shutdown(*arguments, **options)

    monkeypatch.setattr(ray, "shutdown", interrupted)
    with (
        pytest.raises(KeyboardInterrupt),
        ray_session(num_cpus=1, address=HERE, log_dir=tmp_path) as session,
    ):
        pass
    assert not ray.is_initialized()
    assert not session._thread.is_alive()
