import json

from harness.cli.cell_labels import labels_of
from tests.support.cells import make_cell


def test_cells_are_called_by_what_tells_them_apart() -> None:
    settings = [{"k": 2, "n": 3, "layers": [2]}, {"k": 4, "n": 3, "layers": [2]}, {"k": 4, "n": 3, "layers": [2, 3]}]
    cells = [make_cell("a", settings_json=json.dumps(each)) for each in settings]
    plain = make_cell("b", settings_json=json.dumps(settings[0]))
    labels = labels_of([*cells, plain])
    assert [labels[cell.id] for cell in cells] == [
        f"{cells[0].label} (k=2)",
        cells[0].label,
        f"{cells[0].label} (layers=[2, 3])",
    ]
    two = labels_of(cells[:2])
    assert [two[cell.id] for cell in cells[:2]] == [f"{cells[0].label} (k=2)", f"{cells[0].label} (k=4)"]
    assert labels[plain.id] == plain.label
