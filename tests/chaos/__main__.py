"""``python -m tests.chaos``: scenarios one after another until enough faults were met; see ``docs/reliability.md``."""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence

from harness.execution.interruption import interruptible
from harness.execution.session import HERE, prepare_ray_environment
from tests.chaos.command import start_of_forks
from tests.chaos.orphans import adopt_orphans, children, left_behind
from tests.chaos.playing import Played, play
from tests.chaos.scenario import KINDS, scenario_of


def main() -> int:
    """Play; the exit code is 1 if an invariant was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="of the first scenario; the next ones count on")
    parser.add_argument("--faults", type=int, default=100, help="end after so many")
    parser.add_argument("--minutes", type=float, default=60, help="begin no scenario after so many")
    parser.add_argument("--kinds", default=",".join(KINDS), help="only scenarios of these kinds (default: %(default)s)")
    asked = parser.parse_args()
    kinds = asked.kinds.split(",")
    if unknown := set(kinds) - set(KINDS):
        parser.error(f"--kinds: expected some of {', '.join(KINDS)}, got {', '.join(sorted(unknown))}")
    adopt_orphans()
    prepare_ray_environment(HERE)
    clock, fired, num_broken, num_played = time.monotonic(), Counter[str](), 0, 0
    seed = asked.seed
    start_of_forks()
    known = children()
    while fired.total() < asked.faults and time.monotonic() - clock < asked.minutes * 60:
        played = play(scenario_of(seed, kinds))
        tell(played, kinds)
        fired += played.fired
        num_broken += bool(played.breaches)
        num_played += 1
        seed += 1
    if left := left_behind(known, is_last=True):
        print(f"Left behind at the end: {', '.join(left)}")
        num_broken += 1
    by_fault = ", ".join(f"{name} {number}" for name, number in sorted(fired.items()))
    print(f"{fired.total()} faults in {num_played} scenarios, {time.monotonic() - clock:.0f} s: {by_fault}")
    print(f"{num_broken} scenarios broke an invariant." if num_broken else "Every invariant held.")
    return 1 if num_broken else 0


def tell(played: Played, kinds: Sequence[str]) -> None:
    """A line for a scenario; if it broke an invariant, all that is known and how to play it again."""
    scenario = played.scenario
    met = " ".join(f"{name}*{number}" for name, number in sorted(played.fired.items()))
    how = "BROKEN" if played.breaches else "ok"
    print(f"seed {scenario.seed} {scenario.kind}: {how}, {played.seconds:.0f} s: {met}", flush=True)
    if played.breaches:
        only = "" if list(kinds) == list(KINDS) else f" KINDS={','.join(kinds)}"
        again = f"make chaos FAULTS=1 SEED={scenario.seed}{only}"
        for line in (*played.breaches, *played.log, f"again: {again}"):
            print(f"  {line}", flush=True)


if __name__ == "__main__":
    with interruptible():
        sys.exit(main())
