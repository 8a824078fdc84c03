from itertools import combinations

import pytest

from harness.report.figures.plot_types import LatencyPanel, LatencyPoint
from harness.report.html.latency_drawing import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, DrawnPanel, drawn_panel


def drawn(*points: tuple[str, float, float], front: tuple[str, ...] = ()) -> DrawnPanel:
    return drawn_panel(
        LatencyPanel(
            title="castings",
            points=tuple(
                LatencyPoint(label=name, latency_seconds=seconds, image_auroc=score, is_on_front=name in front)
                for name, seconds, score in points
            ),
        )
    )


def test_right_is_slower_and_up_is_better() -> None:
    fast, slow = drawn(("fast", 0.01, 0.8), ("slow", 0.1, 0.95)).points
    assert fast.x < slow.x
    assert fast.y > slow.y
    assert (fast.milliseconds, fast.percent) == pytest.approx((10.0, 80.0))


@pytest.mark.parametrize("scores", [(0.5, 0.5), (0.0, 1.0), (0.991, 0.993), (0.7, 0.704), (1.0, 1.0)])
def test_everything_is_inside_the_axes(scores: tuple[float, float]) -> None:
    panel = drawn(("a", 0.002, scores[0]), ("b", 3.0, scores[1]))
    for point in panel.points:
        assert LEFT <= point.x <= WIDTH - RIGHT
        assert TOP <= point.y <= HEIGHT - BOTTOM
    assert len(panel.y_ticks) >= 2
    assert all(0 <= float(tick.text) <= 100 for tick in panel.y_ticks)
    assert {tick.text for tick in panel.x_ticks} >= {"2", "10", "1000"}


def test_a_single_point_has_axes_too() -> None:
    panel = drawn(("alone", 0.05, 0.9), front=("alone",))
    assert panel.front == ""
    assert "50" in {tick.text for tick in panel.x_ticks}


def test_names_of_neighbours_stay_apart_and_inside() -> None:
    panel = drawn(*((f"method_{number}", 0.05, 0.9 + number / 1e4) for number in range(5)), ("a" * 40, 0.2, 0.9))
    assert all(abs(one.name_y - other.name_y) >= 14 for one, other in combinations(panel.points[:5], 2))
    assert panel.points[-1].is_name_left
    assert panel.points[-1].name == "a" * 27 + "…"


def test_the_front_joins_the_rows_on_it() -> None:
    panel = drawn(("a", 0.01, 0.8), ("b", 0.02, 0.7), ("c", 0.1, 0.9), front=("a", "c"))
    first, _, last = panel.points
    assert panel.front == f"{first.x:.1f},{first.y:.1f} {last.x:.1f},{last.y:.1f}"
