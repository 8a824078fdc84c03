from pathlib import Path

import pytest

from harness.cells import machine_load


def test_the_load_is_the_busy_time_of_one_second(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ticks = machine_load.os.sysconf("SC_CLK_TCK")
    stat = tmp_path / "stat"
    stat.write_text("cpu 100 0 100 5000 10 0 0 0 0 0\ncpu0 1 1 1 1\n")
    monkeypatch.setattr(machine_load, "_STAT", stat)
    monkeypatch.setattr(
        machine_load.time,
        "sleep",
        lambda seconds: stat.write_text(f"cpu {100 + ticks} 0 {100 + ticks // 2} 9000 99 0 0 0 0 0\n"),
    )
    assert machine_load.load_of_others() == pytest.approx(1.5)


def test_without_such_a_file_it_is_the_load_average(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(machine_load, "_STAT", tmp_path / "missing")
    monkeypatch.setattr(machine_load.os, "getloadavg", lambda: (0.75, 0.5, 0.25))
    assert machine_load.load_of_others() == 0.75
