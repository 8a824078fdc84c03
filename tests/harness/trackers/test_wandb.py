import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.errors import SettingsError
from harness.testing import KeptRun, TrackerContract
from harness.trackers.base import Tracker
from harness.trackers.tracked_run import TrackedRun
from harness.trackers.wandb import WandbTracker

pytest.importorskip("wandb")

_BLOCK_BYTES = 32768


class TestWandb(TrackerContract):
    @pytest.fixture
    def tracker(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tracker:
        for name, value in {"WANDB_MODE": "offline", "WANDB_ERROR_REPORTING": "false"}.items():
            monkeypatch.setenv(name, value)
        for name in ("WANDB_DIR", "WANDB_PROJECT"):
            monkeypatch.delenv(name, raising=False)
        self.folder = tmp_path
        return WandbTracker(tmp_path)

    def kept(self, tracker: Tracker, run: TrackedRun) -> list[KeptRun]:
        import wandb

        # Ends the process that writes the files, which may still do so after the end of a run.
        wandb.teardown()
        found = (kept_run(path) for path in sorted(self.folder.rglob("*.wandb")))
        return [kept for name, kept in found if name == run.name]


def test_without_a_key_it_says_how_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WANDB_MODE", raising=False)
    monkeypatch.setattr("wandb.login", lambda: False)
    with pytest.raises(SettingsError, match=r"^no API key; run 'wandb login', .* WANDB_MODE=offline\.$"):
        WandbTracker(tmp_path)


def kept_run(path: Path) -> tuple[str, KeptRun]:
    """Name and content of a run that was kept offline."""
    name, config, summary, losses = "", {}, {}, []
    for record in records_of(path):
        kind = record.WhichOneof("record_type")
        if kind == "run":
            name = record.run.display_name
            config |= values_of(record.run.config.update)
        elif kind == "config":
            config |= values_of(record.config.update)
        elif kind == "summary":
            summary |= values_of(record.summary.update)
        elif kind == "history":
            row = values_of(record.history.item)
            losses.append((int(row.get("_step", record.history.step.num)), row["loss"]))
    settings = config.pop("settings")
    return name, KeptRun(
        params={key: str(value) for key, value in settings.items()},
        tags={key: value for key, value in config.items() if isinstance(value, str)},
        metrics={key: value for key, value in summary.items() if not key.startswith("_") and key != "loss"},
        losses=tuple(losses),
    )


def values_of(items: Any) -> dict[str, Any]:
    return {item.key or ".".join(item.nested_key): json.loads(item.value_json) for item in items}


def records_of(path: Path) -> Iterator[Any]:
    """The messages of a file in the format of LevelDB's log, whose header has 7 bytes too."""
    from wandb.proto import wandb_internal_pb2

    data, place, message = path.read_bytes(), 7, b""
    while place + 7 <= len(data):
        if _BLOCK_BYTES - place % _BLOCK_BYTES < 7:
            place += _BLOCK_BYTES - place % _BLOCK_BYTES
            continue
        _, length, kind = struct.unpack("<IHB", data[place : place + 7])
        message += data[place + 7 : place + 7 + length]
        place += 7 + length
        # 1 is a whole message, 2 to 4 the first, a middle and the last part of one.
        if kind in (1, 4):
            record = wandb_internal_pb2.Record()
            record.ParseFromString(message)
            yield record
            message = b""
