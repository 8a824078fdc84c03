"""A folder of a store in memory, whose clock a test sets and whose operations it watches or cuts off."""

import threading
from collections.abc import Callable

import pyarrow as pa

from harness.store.folders import Stamp


class Killed(BaseException):
    """As if the process had ended: nothing catches it, and nothing of this process happens afterwards."""


class MemoryFolder:
    url = title = "memory"

    def __init__(self, files: dict[str, tuple[bytes, Stamp]] | None = None) -> None:
        """``files`` of another folder: two processes that see one store."""
        self.files = {} if files is None else files
        self.now_seconds = 1_000_000.0
        self.before: Callable[[str], None] = lambda operation: None
        """Called before each operation with what it does, e.g. ``put records/a``."""

    def stamps(self, folder: str) -> dict[str, Stamp]:
        self.before(f"list {folder}")
        found = ((name.rpartition("/"), stamp) for name, (_, stamp) in tuple(self.files.items()))
        return dict(sorted((name, stamp) for (parent, _, name), stamp in found if parent == folder))

    def get(self, name: str) -> bytes:
        self.before(f"get {name}")
        try:
            return self.files[name][0]
        except KeyError:
            raise FileNotFoundError(name) from None

    def open(self, name: str) -> pa.NativeFile:
        return pa.BufferReader(self.get(name))

    def put(self, name: str, content: bytes) -> None:
        self.before(f"put {name}")
        self.files[name] = content, Stamp(int(self.now_seconds * 1e9), len(content))

    def delete(self, name: str) -> None:
        self.before(f"delete {name}")
        self.files.pop(name, None)


class Countdown:
    """Cuts a process off: after so many of the operations that change something, none happens any more."""

    def __init__(self, num_operations: int) -> None:
        self._left, self._lock = num_operations, threading.Lock()

    def __call__(self, operation: str) -> None:
        with self._lock:
            self._left -= operation.startswith(("put", "delete"))
            if self._left < 0:
                raise Killed


class Once:
    """Lets something else happen just before the operation of a number; ``num_seen`` counts operations."""

    def __init__(self, number: int, act: Callable[[], None]) -> None:
        self.num_seen = 0
        self._number, self._act, self._lock = number, act, threading.Lock()

    def __call__(self, operation: str) -> None:
        with self._lock:
            self.num_seen += 1
            if self.num_seen - 1 == self._number:
                self._act()
