import pyarrow as pa
import pytest

from harness.errors import StoreError
from harness.records import SCHEMA_VERSION
from harness.store import migrations
from harness.store.migrations import upgrade, version_of


def part(*versions: int) -> pa.Table:
    return pa.table({"name": ["x"] * len(versions), "schema_version": pa.array(versions, pa.int64())})


SCHEMA = pa.schema(
    [
        pa.field("name", pa.string(), nullable=False),
        pa.field("extra", pa.int64()),
        pa.field("schema_version", pa.int64(), nullable=False),
    ]
)


def test_a_current_part_is_returned_as_it_is() -> None:
    table = part(SCHEMA_VERSION)
    assert upgrade(table, "records", SCHEMA, "part") is table


def test_steps_are_applied_in_order_and_columns_of_later_versions_are_null(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = {
        ("records", 1): lambda table: table.rename_columns({"name": "label"}),
        ("records", 2): lambda table: table.rename_columns({"label": "name"}),
        ("scores", 1): None,
    }
    monkeypatch.setattr(migrations, "SCHEMA_VERSION", 3)
    monkeypatch.setattr(migrations, "_STEPS", steps)
    rows = upgrade(part(1), "records", SCHEMA, "part").to_pylist()
    assert rows == [{"name": "x", "schema_version": 3, "extra": None}]


def test_a_newer_version_asks_for_an_upgrade_in_one_line() -> None:
    with pytest.raises(
        StoreError, match=r"^part: schema version 99, expected at most 5\. Upgrade mfrnet-bench to read it\.$"
    ):
        version_of(part(99), "part")


def test_an_empty_part_is_of_the_current_version() -> None:
    assert version_of(part(), "part") == SCHEMA_VERSION


@pytest.mark.parametrize("table", [pa.table({"name": ["x"]}), part(1, 2), pa.table({"schema_version": ["one"]})])
def test_a_part_without_one_version_is_foreign(table: pa.Table) -> None:
    with pytest.raises(StoreError, match="part: not a part of a result store"):
        version_of(table, "part")
