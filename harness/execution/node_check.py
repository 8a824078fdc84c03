"""Before a run on a cluster: whether every node that can take a worker has what the cells need."""

from typing import Any, Protocol

from harness.errors import SettingsError, cause_of
from harness.execution.sizing import WorkerSize
from harness.phrasing import counted

_ANSWER_SECONDS = 60.0
_MAX_NAMED = 3


class WorkOnNodes(Protocol):
    """Work that can say what it needs where it runs; pickled."""

    def missing_here(self) -> tuple[str, ...]:
        """What this machine lacks, a clause each; empty where it has everything."""
        ...


def check_nodes(work: WorkOnNodes, size: WorkerSize) -> None:
    """Ask every node what it lacks; a node that is too busy or lost to answer is not waited for longer than a minute.

    Args:
        work: What the workers will do.
        size: What a worker takes; nodes that are too small for one are not asked.

    Raises:
        SettingsError: A node lacks something; the line names what, and the nodes.
    """
    lacking: dict[str, list[str]] = {}
    for node, answer in _answers(work, size):
        for what in answer:
            lacking.setdefault(what, []).append(node)
    if lacking:
        told = "; ".join(f"{_names(nodes)}: {what}" for what, nodes in lacking.items())
        raise SettingsError(
            f"{told}. Every node of a cluster needs the package, and data and results under the same path as here "
            "(results may also be on s3:// or gs://)."
        )


def _answers(work: WorkOnNodes, size: WorkerSize) -> list[tuple[str, tuple[str, ...]]]:
    """Name of each node, and what it lacks."""
    import ray
    from ray.exceptions import RayError, RayTaskError
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    def needs(node: dict[str, Any]) -> bool:
        has = node["Resources"]
        return bool(has.get("CPU", 0) >= size.cpus_per_worker and has.get("GPU", 0) >= size.gpus_per_worker)

    ask = ray.remote(_missing_here)
    asked: dict[Any, str] = {}
    for node in ray.nodes():
        if node["Alive"] and needs(node):
            there = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
            # Without retries: a node that cannot start a process would be asked for ever.
            reference = ask.options(num_cpus=0, max_retries=0, scheduling_strategy=there).remote(work)
            asked[reference] = f"{node['NodeManagerHostname']} ({node['NodeManagerAddress']})"
    answered, late = ray.wait(list(asked), num_returns=len(asked), timeout=_ANSWER_SECONDS) if asked else ([], [])
    for reference in late:
        ray.cancel(reference, force=True)
    found: list[tuple[str, tuple[str, ...]]] = []
    for reference in answered:
        try:
            found.append((asked[reference], ray.get(reference)))
        except RayTaskError as error:
            found.append((asked[reference], (f"does not work ({cause_of(error.cause)})",)))
        except RayError:
            # The node goes just now, which the run bears as at any other time.
            continue
    return found


def _missing_here(work: WorkOnNodes) -> tuple[str, ...]:
    return work.missing_here()


def _names(nodes: list[str]) -> str:
    more = len(nodes) - _MAX_NAMED
    shown = ", ".join(nodes[:_MAX_NAMED])
    return f"{shown} and {counted(more, 'more node')}" if more > 0 else shown
