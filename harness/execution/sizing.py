"""How many workers run, what each of them has, and how many processes train one cell together."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from harness.config import RunSettings
from harness.environment import num_cores
from harness.errors import SettingsError
from harness.phrasing import counted
from harness.plan import Cell


@dataclass(frozen=True, kw_only=True)
class WorkerSize:
    """How many worker processes, and what each of them has."""

    workers: int
    """0 is this process."""
    cpus_per_worker: float
    gpus_per_worker: float


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What there is to run on: a machine, or a whole cluster."""

    cores: float
    gpus: float

    def sentence(self, size: WorkerSize) -> str:
        """What is offered, beside what one worker asks for."""
        return (
            f"{counted(round(self.cores), 'core')} and {counted(round(self.gpus), 'GPU')} are offered in all; a worker "
            f"asks for {size.cpus_per_worker:g} of the cores and {size.gpus_per_worker:g} of the GPUs"
        )


def size_workers(settings: RunSettings, num_cells: int, offer: Offer | None = None) -> WorkerSize:
    """Fill in what was not asked for.

    One worker a GPU, or as many as ``gpus_per_worker`` allows; without a GPU one worker a core, as small
    workers waste the least. There are never more workers than cells, but for GPUs that can join a cell
    (``data_parallel``). A single worker on this machine is this process: it starts at once.

    Args:
        settings: Of the run.
        num_cells: How many cells there are to run.
        offer: What the cluster has; None for this machine.
    """
    uses_gpus = settings.device != "cpu" and settings.gpus_per_worker != 0
    if offer is None:
        offer = Offer(cores=num_cores(), gpus=num_gpus() if uses_gpus and settings.is_here else 0)
    gpus = offer.gpus if uses_gpus else 0
    cores = int(offer.cores) or 1
    most = max(num_cells, 1) * most_processes(settings, num_cells, gpus)
    # Fewer workers than train one cell together could not train any.
    together = 1 if settings.data_parallel == "auto" else settings.data_parallel
    if settings.workers is None:
        wanted = capacity(gpus, settings.gpus_per_worker or 1) if gpus else cores / (settings.cpus_per_worker or 1)
        workers = min(most, max(1, int(wanted), together))
    else:
        workers = min(most, max(settings.workers, together if settings.workers else 0))
    if workers <= 1 and settings.address is None:
        workers = 0
    cpus = settings.cpus_per_worker or (max(1, cores // max(workers, 1)) if settings.is_here else 1)
    gpus_each = settings.gpus_per_worker
    if gpus_each is None:
        gpus_each = _share(gpus, workers) if gpus and workers else 0.0
    return WorkerSize(workers=workers, cpus_per_worker=cpus, gpus_per_worker=gpus_each)


def check_workers(size: WorkerSize, settings: RunSettings) -> None:
    """Refuse workers that could not run a cell.

    Raises:
        SettingsError: There are too few GPUs, or the device is one that no worker has.
    """
    if settings.workers == 0 and settings.address is not None:
        raise SettingsError(
            "--workers 0 runs everything in this process; expected at least 1 worker with --address, or no --address."
        )
    if settings.workers == 0 and settings.data_parallel not in ("auto", 1):
        raise SettingsError(
            f"--workers 0 runs everything in this process; --data-parallel {settings.data_parallel} needs workers."
        )
    if size.workers == 0 or not settings.is_here:
        return
    if size.gpus_per_worker:
        check_fit(size.workers, size.gpus_per_worker, num_gpus())
    if settings.device.startswith("cuda") and not size.gpus_per_worker:
        raise SettingsError(
            f"--device {settings.device}: the workers have no GPU; expected --gpus-per-worker above 0, or --device cpu."
        )
    kind, _, number = settings.device.partition(":")
    if number:
        raise SettingsError(
            f"--device {settings.device}: every worker calls the first GPU that it is given {kind}; expected "
            f"--device {kind} with CUDA_VISIBLE_DEVICES={number}, or --workers 0."
        )


def size_notes(size: WorkerSize, settings: RunSettings) -> list[str]:
    """What a user should know about the number of workers: a sentence each."""
    cores = num_cores()
    busy = size.workers * size.cpus_per_worker
    if settings.is_here and busy > cores:
        return [
            f"{counted(size.workers, 'worker')} with {size.cpus_per_worker:g} cores each share the "
            f"{counted(cores, 'core')} of this machine; they will slow each other down."
        ]
    return []


def most_processes(settings: RunSettings, num_cells: int, gpus: float) -> int:
    """Processes that may train one cell together, before it is known whether its method can be divided."""
    if settings.data_parallel != "auto":
        return settings.data_parallel
    return max(1, int(gpus) // max(num_cells, 1)) if settings.gpus_per_worker in (None, 1) else 1


def processes_of_cells(
    cells: Sequence[Cell],
    batch_sizes: Mapping[str, int],
    data_parallel: int | Literal["auto"],
    most: int,
) -> dict[str, int]:
    """How many processes train each cell.

    Args:
        cells: Of the run.
        batch_sizes: Cell id to the images of one training step, which are divided over the processes; 1
            for a cell that cannot be divided, and 0 for one that any number of processes can share.
        data_parallel: A number of processes for every cell that can be divided, or ``auto``.
        most: For ``auto``, how many processes there are for a cell.

    Returns:
        Cell id to a number that divides the cell's batch.

    Raises:
        SettingsError: The number that was asked for divides no batch.
    """
    found: dict[str, int] = {}
    for cell in cells:
        batch = batch_sizes[cell.id]
        if data_parallel == "auto":
            found[cell.id] = max((n for n in range(1, min(batch, most) + 1) if batch % n == 0), default=1)
        elif batch == 1:
            found[cell.id] = 1
        elif batch % data_parallel:
            raise SettingsError(
                f"--data-parallel {data_parallel}: {cell.label} trains on {counted(batch, 'image')} a step, which "
                f"{data_parallel} processes cannot share equally; expected a divisor of {batch}, or another batch size "
                "in the settings of the method."
            )
        else:
            found[cell.id] = data_parallel
    if cells and data_parallel not in ("auto", 1) and set(found.values()) == {1}:
        methods = ", ".join(sorted({cell.method for cell in cells}))
        raise SettingsError(
            f"--data-parallel {data_parallel}: no cell of this run can be trained by several processes ({methods}); "
            "expected a method that can, such as mfrnet."
        )
    return found


def num_gpus() -> int:
    """GPUs that this process may use."""
    import torch

    return torch.cuda.device_count() if torch.cuda.is_available() else 0


def capacity(gpus: float, each: float) -> int:
    """How many workers fit: with a fraction as many as share a GPU, else whole GPUs each.

    Args:
        gpus: How many there are.
        each: GPUs of a worker, above 0.
    """
    if each < 1:
        return int(gpus) * math.floor(1 / each + 1e-9)  # 1 / .2 is not quite 5
    return int(gpus) // math.ceil(each)


def check_fit(workers: int, each: float, gpus: float) -> None:
    """Refuse more workers than fit.

    Raises:
        SettingsError: There are too few GPUs.
    """
    if each and workers > capacity(gpus, each):
        room = f"the {gpus:g} GPUs here are enough for {capacity(gpus, each)}" if gpus else "this machine has no GPU"
        raise SettingsError(
            f"{counted(workers, 'worker')} with {each:g} GPUs each: {room}. Ask for fewer workers, a fraction of a GPU "
            "each, or a cluster (--address)."
        )


def _share(gpus: float, workers: int) -> float:
    """Share of a GPU, as large as all workers can have: a whole one, or hundredths, which Ray can hold to."""
    return 1.0 if workers <= gpus else max(0.01, math.floor(100 / math.ceil(workers / gpus)) / 100)
