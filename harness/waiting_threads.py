"""How the threads of torch wait for one another.

OpenMP's threads (GNU's, which torch has on Linux) meet after every operation, and the first ones there spin: for
milliseconds, as long as nothing is known of other work on the machine. Where another process needs the core, the
thread that is waited for gets none, and training in two threads takes half as long again, and more.
"""

import os

VARIABLES = {"GOMP_SPINCOUNT": "1000"}
"""Spin for microseconds, then sleep: what OpenMP itself does once it knows that it has more threads than cores."""


def spin_briefly() -> None:
    """Let threads that wait give up their core soon, unless the environment says otherwise; call it before torch is
    imported, because OpenMP reads the variable as it is loaded.

    No result changes. On cores that nobody else uses, work takes a few percent longer (see
    ``benchmarks/waiting_threads.py``).
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        for name, value in VARIABLES.items():
            os.environ.setdefault(name, value)
