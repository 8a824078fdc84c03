from harness.store.store import RecordStore

__all__ = ["RecordStore"]
