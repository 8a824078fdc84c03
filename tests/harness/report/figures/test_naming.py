from itertools import combinations

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from harness.report.figures.naming import name_points
from harness.report.figures.style import drawing, looks_of

CROWD = [(1.0, 1.0), (1.02, 1.01), (1.05, 0.99), (0.98, 1.03), (9.0, 9.0), (9.1, 9.0)]


@pytest.mark.parametrize("points", [CROWD, [(5.0, 5.0)], [(0.0, 0.0), (10.0, 10.0)]])
def test_names_stay_inside_and_apart(points: list[tuple[float, float]]) -> None:
    labels = [f"method [k={number}]" for number in range(len(points))]
    looks = looks_of(labels)
    with drawing():
        figure = Figure(figsize=(3.3, 2.4))
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        axes.set(xlim=(0, 10), ylim=(0, 10))
        figure.draw_without_rendering()
        name_points(axes, points, [(label, looks[label]) for label in labels], avoiding=[(0.0, 1.0), (10.0, 1.0)])
        figure.draw_without_rendering()
        boxes = [Text.get_window_extent(text) for text in axes.texts]  # an annotation's own has its line too
    assert [text.get_gid() for text in sorted(axes.texts, key=lambda text: str(text.get_gid()))] == labels
    inside = axes.bbox.padded(3)
    assert all(inside.x0 <= box.x0 and box.x1 <= inside.x1 for box in boxes)
    assert all(inside.y0 <= box.y0 and box.y1 <= inside.y1 for box in boxes)
    for one, other in combinations(boxes, 2):
        shared = Bbox.intersection(one, other)
        assert shared is None or min(shared.width, shared.height) < 2
