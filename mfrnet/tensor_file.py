"""Files of saved models, which appear at their place as a whole and which others may read."""

import secrets
from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import save
from torch import Tensor


def save_tensors(tensors: Mapping[str, Tensor], path: Path) -> None:
    """Write a safetensors file beside its place and rename it there.

    ``safetensors.torch.save_file`` writes the same bytes, but into a file that only its owner may read; this one has
    the permissions that the umask gives. Needs the memory of the file once more.

    Args:
        tensors: Name to tensor, on any device; no two share memory.
        path: The file; its folder is there.

    Raises:
        OSError: The file cannot be written.

    >>> import tempfile, torch
    >>> path = Path(tempfile.mkdtemp()) / "model.safetensors"
    >>> save_tensors({"mean": torch.zeros(3)}, path)
    >>> path.exists()
    True
    """
    replace_file(path, save({name: tensor.detach().contiguous().cpu() for name, tensor in tensors.items()}))


def replace_file(path: Path, content: bytes) -> None:
    """Write a file beside its place and rename it there, so that a reader meets the old one or the new one.

    Args:
        path: The file; its folder is there.
        content: The whole file.

    Raises:
        OSError: The file cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
