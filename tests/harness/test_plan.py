from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.config import Protocol
from harness.plan import (
    CategorySource,
    Cell,
    MethodChoice,
    Policy,
    RunPlan,
    Stored,
    build_plan,
    canonical_json,
)

SOURCES = (
    CategorySource(dataset="mtd", category="mtd", data_fingerprint="f0", num_files=500),
    CategorySource(dataset="demo", category="tile", data_fingerprint="f1", num_files=80),
    CategorySource(dataset="demo", category="knob", data_fingerprint="f2", num_files=90),
)
METHODS = (
    MethodChoice(method="mfrnet", version=1, settings={"k": 2, "n": 3}, weights_sha256="w", relative_cost=1.0),
    MethodChoice(method="constant", version=1, settings={}, weights_sha256="", relative_cost=0.01),
)
SEEDS = (0, 1)
CELL = Cell(
    dataset="demo",
    category="tile",
    method="mfrnet",
    method_version=1,
    seed=0,
    settings_json='{"k":2}',
    protocol=Protocol(),
    data_fingerprint="f1",
    weights_sha256="w",
    cost=80.0,
)


def plan_of(
    sources: Sequence[CategorySource] = SOURCES,
    methods: Sequence[MethodChoice] = METHODS,
    seeds: Sequence[int] = SEEDS,
    stored: dict[str, Stored] | None = None,
    policy: Policy = "only-missing",
) -> RunPlan:
    return build_plan(sources, methods, seeds, Protocol(), stored or {}, policy)


def one_of_each() -> tuple[RunPlan, dict[str, Stored]]:
    """A plan of three cells: the first without a record, the second ok, the third failed."""
    plan = plan_of(methods=METHODS[:1], seeds=[0])
    _, second, third = plan.cells
    return plan, {second.id: "ok", third.id: "failed"}


@settings(deadline=None)
@given(st.permutations(SOURCES), st.permutations(METHODS), st.permutations(SEEDS))
def test_cells_ignore_the_order_of_the_arguments(
    sources: list[CategorySource], methods: list[MethodChoice], seeds: list[int]
) -> None:
    assert plan_of(sources, methods, seeds) == plan_of()


def test_every_category_meets_every_method_and_seed() -> None:
    found = {(cell.category, cell.method, cell.seed) for cell in plan_of().cells}
    assert found == {(s.category, m.method, seed) for s in SOURCES for m in METHODS for seed in SEEDS}


def test_a_data_set_is_run_under_its_own_protocol_and_the_others_stay_the_same_cells() -> None:
    tiles = Protocol(aspect="tiles")
    plan = build_plan(SOURCES, METHODS, SEEDS, Protocol(), {}, "only-missing", dataset_protocols={"mtd": tiles})
    assert {(cell.dataset, cell.protocol) for cell in plan.cells} == {("mtd", tiles), ("demo", Protocol())}
    unchanged = {cell.id for cell in plan_of().cells if cell.dataset == "demo"}
    assert {cell.id for cell in plan.cells if cell.dataset == "demo"} == unchanged


def test_what_is_asked_twice_runs_once() -> None:
    assert plan_of(SOURCES * 2, METHODS * 2, SEEDS * 2) == plan_of()


def test_the_order_of_settings_does_not_matter() -> None:
    turned = replace(METHODS[0], settings={"n": 3, "k": 2})
    assert plan_of(methods=[turned]) == plan_of(methods=METHODS[:1])


def test_the_longest_cells_come_first() -> None:
    costs = [cell.cost for cell in plan_of().cells]
    assert costs == sorted(costs, reverse=True)
    assert costs[0] == 500.0


def test_an_id_is_sixteen_hexadecimal_digits() -> None:
    assert len(CELL.id) == 16
    assert int(CELL.id, 16) >= 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("dataset", "mtd"),
        ("category", "knob"),
        ("method", "gaussian"),
        ("method_version", 2),
        ("seed", 1),
        ("settings_json", '{"k":3}'),
        ("protocol", Protocol(image_size_px=64)),
        ("protocol", Protocol(aspect="square")),
        ("protocol", Protocol(mask_threshold=0)),
        ("data_fingerprint", "f2"),
        ("weights_sha256", "v"),
        ("split", "grouped"),
        ("limit", 8),
        ("corrupt", "noise:3"),
        ("contaminate", 0.05),
        ("regime", "multi-class"),
        ("regime", "few-shot-2"),
    ],
)
def test_an_id_depends_on_each_part_of_the_content(field: str, value: Any) -> None:
    assert replace(CELL, **{field: value}).id != CELL.id


def test_limits_differ_from_each_other_and_from_a_split_of_that_name() -> None:
    cells = [replace(CELL, limit=8), replace(CELL, limit=9), replace(CELL, split="limit"), replace(CELL, split="8")]
    assert len({cell.id for cell in cells}) == len(cells)


def test_corruption_does_not_change_what_is_learned_and_contamination_does() -> None:
    assert CELL.fit_id == CELL.id == replace(CELL, corrupt="noise:3").fit_id
    assert replace(CELL, contaminate=0.1).fit_id == replace(CELL, contaminate=0.1, corrupt="blur:1").fit_id != CELL.id


def test_a_limited_cell_costs_no_more_than_the_images_that_it_reads() -> None:
    plan = build_plan(SOURCES, METHODS[:1], [0], Protocol(), {}, "only-missing", limit=2)
    assert {(cell.limit, cell.cost) for cell in plan.cells} == {(2, 8.0)}


def test_regimes_differ_from_each_other_and_from_a_split_of_that_name() -> None:
    names = ("multi-class", "few-shot-1", "few-shot-2")
    cells = [*(replace(CELL, regime=name) for name in names), *(replace(CELL, split=name) for name in names)]
    assert len({cell.id for cell in cells}) == len(cells)


def test_only_the_categories_of_a_multi_class_run_share_a_fit() -> None:
    others = [replace(CELL, category="gear"), replace(CELL, seed=1), replace(CELL, data_fingerprint="f2")]
    for regime in ("one-class", "few-shot-2"):
        cell = replace(CELL, regime=regime)
        assert cell.fit_id == cell.id
    shared = replace(CELL, regime="multi-class")
    assert [replace(other, regime="multi-class").fit_id == shared.fit_id for other in others] == [True, False, False]
    assert shared.fit_id not in (shared.id, CELL.id)


def test_one_cell_of_each_fit_comes_before_the_others() -> None:
    sources = [replace(source, dataset="demo", data_fingerprint="all") for source in SOURCES]
    plan = build_plan(sources, METHODS[:1], [0, 1], Protocol(), {}, "only-missing", regime="multi-class")
    fits = [cell.fit_id for cell in plan.cells]
    assert len(set(fits)) == 2 < len(fits)
    assert len(set(fits[:2])) == 2


def test_an_id_does_not_depend_on_the_cost() -> None:
    assert replace(CELL, cost=1.0).id == CELL.id


def test_neighbouring_parts_do_not_run_together() -> None:
    assert replace(CELL, dataset="a", category="bc").id != replace(CELL, dataset="ab", category="c").id


def test_an_id_is_the_same_in_every_version_of_this_program() -> None:
    # A change here orphans every stored record: raise a version and say so instead.
    assert CELL.id == "3c4aa76cf99c9b0f"


def test_a_record_starts_with_what_the_id_is_made_of() -> None:
    identity = asdict(CELL.identity())
    assert identity.pop("cell_id") == CELL.id
    assert identity.pop("settings") == CELL.settings_json
    assert identity.pop("protocol") == CELL.protocol.key()
    assert identity == {name: getattr(CELL, name) for name in identity}


def test_a_label_reads_as_people_speak() -> None:
    assert CELL.label == "demo/tile mfrnet seed 0"


@pytest.mark.parametrize(
    ("policy", "runs", "reasons"),
    [
        ("only-missing", [0], ["stored (ok)", "stored (failed); run with --policy failed to try again"]),
        ("failed", [0, 2], ["stored (ok)"]),
        ("always", [0, 1, 2], []),
        (
            "never",
            [],
            ["policy is 'never'", "stored (ok); policy is 'never'", "stored (failed); policy is 'never'"],
        ),
    ],
)
def test_a_policy_decides_what_runs_and_says_why_not(policy: Policy, runs: list[int], reasons: list[str]) -> None:
    whole, stored = one_of_each()
    plan = plan_of(methods=METHODS[:1], seeds=[0], stored=stored, policy=policy)
    assert plan.cells == tuple(whole.cells[index] for index in runs)
    assert [skipped.reason for skipped in plan.skipped] == reasons


def test_a_record_of_another_run_skips_nothing() -> None:
    assert plan_of(stored={"feed": "ok"}) == plan_of()


def test_a_setting_that_json_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"learning_rate": float("inf")})


def test_cells_that_differ_in_what_follows_training_train_alike_and_are_no_less_themselves() -> None:
    cell = replace(CELL, settings_json='{"k":2,"n":3}', after_training=frozenset({"n"}))
    more, other = (replace(cell, settings_json=settings) for settings in ('{"k":2,"n":5}', '{"k":3,"n":3}'))
    assert cell.training_id == more.training_id != other.training_id
    assert len({cell.id, more.id, other.id}) == 3
    assert replace(more, corrupt="noise:3").training_id == cell.training_id
    assert replace(more, seed=1).training_id != cell.training_id
    assert replace(cell, after_training=frozenset()).id == cell.id
    assert CELL.training_id == CELL.id


def test_one_cell_of_each_training_comes_before_the_others() -> None:
    methods = [replace(METHODS[0], settings={"k": 2, "n": n}, after_training=frozenset({"n"})) for n in (1, 2, 3)]
    plan = build_plan(SOURCES[:1], methods, [0, 1], Protocol(), {}, "only-missing")
    trainings = [cell.training_id for cell in plan.cells]
    assert len(trainings) == 6
    assert len(set(trainings)) == len(set(trainings[:2])) == 2
