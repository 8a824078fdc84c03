import re
from typing import Any

import pandas as pd
import pytest

from harness.errors import StoreError, UnknownNameError
from harness.leaderboard.record_selection import check_comparable, newest, protocols_text, select
from tests.support import records as make


def record(finished_at: str = "2025-01-01", **identity: Any) -> Any:
    provenance = make.provenance(finished_at=finished_at)
    return make.cell_record(identity=make.identity(**identity), provenance=provenance)


FRAME = make.frame(
    record(dataset="demo", category="tile", method="mfrnet", seed=0),
    record(dataset="demo", category="gear", method="gaussian", seed=1),
    record(dataset="mtd", category="mtd", method="mfrnet", seed=0, protocol="other"),
)


def kept(frame: pd.DataFrame) -> list[str]:
    return frame["category"].tolist()


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, ["tile", "gear", "mtd"]),
        ({"datasets": ["demo"]}, ["tile", "gear"]),
        ({"categories": ["gear", "mtd"]}, ["gear", "mtd"]),
        ({"methods": ["mfrnet"], "datasets": ["demo"]}, ["tile"]),
        ({"seeds": [1]}, ["gear"]),
        ({"protocols": ["other"]}, ["mtd"]),
        ({"split": "published", "datasets": ["mtd"]}, ["mtd"]),
    ],
)
def test_only_what_was_asked_for_is_kept(wanted: dict[str, Any], expected: list[str]) -> None:
    assert kept(select(FRAME, **wanted)) == expected


def test_records_of_one_limit_are_kept_when_asked_for() -> None:
    frame = make.frame(record(seed=0), record(seed=1, limit=8), record(seed=2, limit=9))
    assert select(frame, limit=9)["seed"].tolist() == [2]
    with pytest.raises(UnknownNameError, match=r"Unknown limit '7'\. Known: 8, 9\."):
        select(frame, limit=7)


def test_a_name_without_records_is_unknown() -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown method 'mfrnt'\. Did you mean 'mfrnet'\?"):
        select(FRAME, methods=["mfrnt"])


def test_known_names_without_a_common_record_are_refused() -> None:
    with pytest.raises(StoreError, match=r"No record has all of: data set mtd; method gaussian\. The store holds 3"):
        select(FRAME, datasets=["mtd"], methods=["gaussian"])


def test_an_empty_store_is_refused() -> None:
    with pytest.raises(StoreError, match=r"holds no records\. Expected one that 'bench run' has written to"):
        select(make.frame())


@pytest.mark.parametrize(
    ("older", "newer", "left_out"),
    [
        (
            {"settings": {"k": 3}},
            {"settings": {"k": 4}},
            "1 record of other settings or versions (mfrnet; see --all-variants)",
        ),
        ({"data_fingerprint": "old"}, {"data_fingerprint": "new"}, "1 record of an earlier state of the data (tile)"),
        ({"split": "fold-1"}, {"split": "fold-2"}, "1 record of another split (fold-1; see --split)"),
        ({"protocol": "old"}, {"protocol": "new"}, "1 record of another protocol (old; see --protocol)"),
    ],
)
def test_the_newest_state_is_kept_and_the_rest_named(older: Any, newer: Any, left_out: str) -> None:
    found = newest(make.frame(record("2025-01-01", seed=0, **older), record("2025-01-02", seed=1, **newer)))
    assert found.frame["seed"].tolist() == [1]
    assert found.left_out == f"Only the newest records are shown. Left out: {left_out}"
    check_comparable(found.frame)


def test_limited_records_are_left_out_however_new_they_are_and_named() -> None:
    frame = make.frame(
        record("2025-01-01", seed=0),
        record("2025-01-02", seed=1, limit=8),
        record("2025-01-03", seed=2, limit=9, dataset="mtd"),
    )
    found = newest(frame)
    assert found.frame["seed"].tolist() == [0]
    text = "2 records of smoke runs with a limit (demo, mtd; see --limit 8 or --limit 9)"
    assert found.left_out == f"Left out: {text}"
    older = newest(make.frame(record("2024-01-01", seed=3, protocol="old"), record(seed=0), record(seed=1, limit=8)))
    assert older.left_out.startswith("Only the newest records are shown. Left out: 1 record of another protocol (old; ")
    assert older.left_out.endswith("1 record of smoke runs with a limit (demo; see --limit 8)")


def test_limited_records_alone_are_shown_only_when_asked_for() -> None:
    frame = make.frame(record(seed=0, limit=8))
    assert newest(frame, limit=8).frame["seed"].tolist() == [0]
    with pytest.raises(
        StoreError, match=r"got only 1 record of smoke runs with a limit \(demo\)\. Show them with --limit 8\."
    ):
        newest(frame)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("corrupt", "noise:3", "1 record of corrupted test images (mtd; see --corrupt noise:3)"),
        ("contaminate", 0.05, "1 record of contaminated training sets (mtd; see --contaminate 0.05)"),
    ],
)
def test_disturbed_records_stand_in_no_table_unless_asked_for(name: str, value: object, text: str) -> None:
    disturbed = record("2025-01-02", dataset="mtd", **{name: value})
    frame = make.frame(record("2025-01-01"), disturbed)
    found = newest(frame)
    assert found.frame["dataset"].tolist() == ["demo"]
    assert found.left_out == f"Left out: {text}"
    assert newest(select(frame, **{name: value}), **{name: value}).frame["dataset"].tolist() == ["mtd"]
    with pytest.raises(StoreError, match=re.escape(f"Show them with --{name} {value}.")):
        newest(make.frame(disturbed))
    with pytest.raises(StoreError, match=f"Expected records of one {name}, got none, {re.escape(str(value))}"):
        check_comparable(frame)


def test_records_of_another_regime_are_left_out_and_shown_when_asked_for() -> None:
    frame = make.frame(
        record("2025-01-01", seed=0),
        record("2025-01-02", seed=1, regime="few-shot-2"),
        record("2025-01-03", seed=2, regime="multi-class", dataset="mtd"),
    )
    found = newest(frame)
    assert found.frame["seed"].tolist() == [0]
    text = "2 records of another regime (demo, mtd; see --regime few-shot-2 or --regime multi-class)"
    assert found.left_out == f"Left out: {text}"
    asked = select(frame, regime="few-shot-2")
    assert newest(asked, regime="few-shot-2").frame["seed"].tolist() == [1]
    with pytest.raises(
        StoreError, match=r"got only 1 record of another regime \(demo\)\. Show them with --regime few-"
    ):
        newest(asked)
    with pytest.raises(UnknownNameError, match=r"Unknown regime 'few-shot-3'\. Did you mean 'few-shot-2'\?"):
        select(frame, regime="few-shot-3")


def test_newest_settings_are_those_of_the_method_and_may_all_be_kept() -> None:
    frame = make.frame(
        record("2025-01-03", settings={"k": 3}, category="tile"),
        record("2025-01-01", settings={"k": 3}, category="gear"),
        record("2025-01-02", settings={"k": 4}, category="weave"),
        record("2025-01-01", settings={"k": 4}, method="gaussian", category="knit"),
    )
    assert kept(newest(frame).frame) == ["tile", "gear", "knit"]
    assert newest(frame, all_variants=True).left_out == ""


def test_each_data_set_may_have_a_protocol_of_its_own() -> None:
    check_comparable(FRAME)


def test_the_protocol_of_a_table_is_one_or_named_with_its_data_sets() -> None:
    def text(protocol_of: dict[str, str], **condition: object) -> str:
        return protocols_text(
            make.frame(*(record(dataset=name, protocol=key, **condition) for name, key in protocol_of.items()))
        )

    assert text({"demo": "a", "mtd": "a"}) == "a"
    assert text({"mtd": "a", "ksdd": "b", "demo": "a"}) == "for demo, mtd a; for ksdd b"
    assert text({"mtd": "a", "demo": "a"}, limit=8) == (
        "a; a smoke run, at most 8 training, 8 normal test and 8 defect test images of each category"
    )
    assert text({"mtd": "a"}, corrupt="noise:3", contaminate=0.05) == (
        "a; test images corrupted by noise of severity 3; training set contaminated with 5 % defect images"
    )
    assert (
        text({"mtd": "a"}, regime="multi-class") == "a; regime multi-class: one model for all categories of a data set"
    )
    assert text({"mtd": "a"}, limit=8, regime="few-shot-1") == (
        "a; a smoke run, at most 8 training, 8 normal test and 8 defect test images of each category; "
        "regime few-shot-1: fitted on 1 good image of each category"
    )


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"protocol": "other"}, r"one protocol for demo, got 2: mfrnet-bench-1/192/keep/127, other\. Choose one with"),
        ({"split": "few-shot-4"}, r"one split for demo, got 2: few-shot-4, published\. Choose one with --split\."),
        ({"data_fingerprint": "new"}, r"one state of the data of demo/tile, got 2: demo-tile, new\."),
        ({"limit": 8}, r"one limit, got none, 8\. Choose one with --limit\."),
        ({"limit": 8, "dataset": "mtd"}, r"one limit, got none, 8\. Choose one with --limit\."),
        ({"regime": "few-shot-4"}, r"one regime, got few-shot-4, one-class\. Choose one with --regime\."),
        ({"regime": "multi-class", "dataset": "mtd"}, r"one regime, got multi-class, one-class\."),
    ],
)
def test_records_that_do_not_compare_are_refused(other: Any, message: str) -> None:
    with pytest.raises(StoreError, match=message):
        check_comparable(make.frame(record(seed=0), record(seed=1, **other)))


def test_each_data_set_keeps_its_own_newest_split() -> None:
    frame = make.frame(
        record("2025-01-01", split="fold-1", dataset="ksdd"),
        record("2025-01-02", dataset="mtd"),
        record("2025-01-03", split="fold-2", dataset="mtd"),
    )
    found = newest(frame).frame
    assert found[["dataset", "split"]].to_numpy().tolist() == [["ksdd", "fold-1"], ["mtd", "fold-2"]]
    check_comparable(found)


def test_an_unknown_split_is_refused() -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown split 'publishd'\. Did you mean 'published'\?"):
        select(FRAME, split="publishd")


def without(ids: str, finished_at: str = "2025-01-01", **identity: Any) -> Any:
    return make.cell_record(
        identity=make.identity(**identity),
        provenance=make.provenance(finished_at=finished_at),
        num_unreadable=1 if ids else 0,
        unreadable_ids=ids,
    )


def test_of_cells_that_left_out_different_images_the_newest_stay_and_the_rest_is_named() -> None:
    frame = make.frame(
        without("", "2025-01-01", method="constant"),
        without('["a.png"]', "2025-01-02", method="mfrnet"),
        without("", "2025-01-01", method="constant", category="gear"),
        make.failure_record(identity=make.identity(method="gaussian")),
    )
    found = newest(frame)
    assert found.frame[["category", "method"]].to_numpy().tolist() == [
        ["tile", "mfrnet"],
        ["gear", "constant"],
        ["tile", "gaussian"],
    ]
    assert found.left_out == (
        "Only the newest records are shown. Left out: 1 record of another set of readable images (demo/tile constant; "
        "run with --skip-unreadable --policy always)"
    )
    check_comparable(found.frame)


def test_cells_that_left_out_the_same_images_stand_together() -> None:
    frame = make.frame(without('["a.png"]', method="constant"), without('["a.png"]', method="mfrnet"))
    assert newest(frame).left_out == ""
    check_comparable(frame)


def test_cells_that_left_out_different_images_do_not_compare() -> None:
    frame = make.frame(without("", method="constant"), without('["a.png"]', method="mfrnet"))
    with pytest.raises(
        StoreError,
        match=r'one set of images of demo/tile seed 0, .* as unreadable: \["a\.png"\] against none\. Run all',
    ):
        check_comparable(frame)


def test_failures_alone_have_no_images_to_differ_in() -> None:
    frame = make.frame(make.failure_record(identity=make.identity()))
    assert newest(frame).left_out == ""
    check_comparable(frame)
