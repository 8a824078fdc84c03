"""What computes: part of the names under which fits and trainings are kept."""

import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from harness.environment import code_version, host_name, package_versions


def computing(device: str) -> list[Any]:
    """Code, packages and machine; sums differ in the last bit between machines and numbers of threads.

    Args:
        device: A torch device.
    """
    kind = torch.device(device).type
    processor = [host_name(), torch.backends.cpu.get_cpu_capability(), torch.get_num_threads(), kind]
    gpu = torch.cuda.get_device_name(device) if kind == "cuda" else ""
    code = source_hash("mfrnet", "harness.images", "harness.methods")
    return [processor, gpu, code_version()[0], code, package_versions()]


@cache
def source_hash(*modules: str) -> str:
    """Hash of the source of modules and, of packages, of all modules in them.

    Args:
        modules: Full names of installed modules.

    >>> len(source_hash("mfrnet.backbone"))
    64
    """
    digest = hashlib.sha256()
    for name in modules:
        spec = find_spec(name)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(name)
        origin = Path(spec.origin)
        files = sorted(origin.parent.rglob("*.py")) if spec.submodule_search_locations else [origin]
        for file in files:
            digest.update(file.read_bytes())
    return digest.hexdigest()
