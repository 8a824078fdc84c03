import os
import subprocess
import sys

import pytest

from harness.waiting_threads import VARIABLES

TOLD = """
import os
from harness.waiting_threads import spin_briefly

spin_briefly()
print(os.environ.get("GOMP_SPINCOUNT", ""))
"""


def spin_count(**variables: str) -> str:
    environment = {name: value for name, value in os.environ.items() if name not in {*VARIABLES, "OMP_WAIT_POLICY"}}
    done = subprocess.run(
        [sys.executable, "-c", TOLD], env=environment | variables, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("variables", "expected"),
    [({}, "1000"), ({"GOMP_SPINCOUNT": "7"}, "7"), ({"OMP_WAIT_POLICY": "active"}, "")],
    ids=["asked for", "the user's own count", "the user's own policy"],
)
def test_threads_spin_briefly_unless_the_environment_says_otherwise(variables: dict[str, str], expected: str) -> None:
    assert spin_count(**variables) == expected


@pytest.mark.skipif(sys.platform != "linux", reason="GNU's OpenMP is torch's on Linux alone")
def test_openmp_reads_it_as_torch_is_loaded() -> None:
    # OpenMP itself tells what it read.
    environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    command = "from harness.waiting_threads import spin_briefly; spin_briefly(); import torch"
    done = subprocess.run(
        [sys.executable, "-c", command],
        env=environment | {"OMP_DISPLAY_ENV": "verbose"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "GOMP_SPINCOUNT = '1000'" in done.stderr
