import os
import platform
import subprocess
import sys

import pytest

from harness.freed_memory import VARIABLES

BLOCK = """
import resource, sys, threading
import numpy as np

if sys.argv[1:] == ["keep"]:
    from harness.freed_memory import keep_freed_memory

    keep_freed_memory()

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    np.ones(100 * 2**20, dtype=np.uint8)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

def work():
    faults()
    print(faults())

thread = threading.Thread(target=work)
thread.start()
thread.join()
"""
glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="of glibc alone")


def page_faults(*arguments: str, **variables: str) -> int:
    """Page faults of a block of 100 MiB in a thread, after a block of that size was freed."""
    environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    command = [sys.executable, "-c", BLOCK, *arguments]
    done = subprocess.run(command, env=environment | variables, capture_output=True, text=True, check=True)
    return int(done.stdout)


@glibc
@pytest.mark.parametrize("arguments", [("keep",), ()])
def test_a_block_that_was_freed_is_used_again(arguments: tuple[str, ...]) -> None:
    # A process that starts with the variables needs no call. A page has at most 2 MiB.
    assert page_faults(*arguments, **({} if arguments else VARIABLES)) < 10


@glibc
def test_without_it_the_block_is_cleared_again() -> None:
    assert page_faults() >= 50


@glibc
def test_the_environment_goes_first() -> None:
    assert page_faults("keep", MALLOC_MMAP_THRESHOLD_="1048576") >= 50
