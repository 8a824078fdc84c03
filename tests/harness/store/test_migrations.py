import pyarrow as pa
import pytest

from harness.errors import StoreError
from harness.records import SCHEMA_VERSION
from harness.store import migrations
from harness.store.migrations import upgrade, version_of


def part(*versions: int) -> pa.Table:
    return pa.table({"name": ["x"] * len(versions), "schema_version": pa.array(versions, pa.int64())})


def test_a_current_part_is_returned_as_it_is() -> None:
    table = part(SCHEMA_VERSION)
    assert upgrade(table, {}, "part") is table


def test_steps_are_applied_in_order_up_to_the_current_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "SCHEMA_VERSION", 3)
    steps = {
        1: lambda table: table.rename_columns({"name": "label"}),
        2: lambda table: table.append_column("extra", pa.array([0])),
    }
    assert upgrade(part(1), steps, "part").to_pylist() == [{"label": "x", "schema_version": 3, "extra": 0}]


def test_a_version_without_a_step_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "SCHEMA_VERSION", 3)
    with pytest.raises(StoreError, match=r"^part: schema version 1 can no longer be read; 3 is current\.$"):
        upgrade(part(1), {2: lambda table: table}, "part")


def test_a_newer_version_asks_for_an_upgrade_in_one_line() -> None:
    with pytest.raises(
        StoreError, match=r"^part: schema version 99, expected at most 3\. Upgrade mfrnet-bench to read it\.$"
    ):
        version_of(part(99), "part")


def test_an_empty_part_is_of_the_current_version() -> None:
    assert version_of(part(), "part") == SCHEMA_VERSION


@pytest.mark.parametrize("table", [pa.table({"name": ["x"]}), part(1, 2), pa.table({"schema_version": ["one"]})])
def test_a_part_without_one_version_is_foreign(table: pa.Table) -> None:
    with pytest.raises(StoreError, match="part: not a part of a result store"):
        version_of(table, "part")
