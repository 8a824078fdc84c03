import pytest

from mfrnet import MFRNetSettings
from mfrnet.settings import TERMS


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("k", 0),
        ("k", 1),
        ("n", 0),
        ("cell", 0),
        ("width", 50),
        ("depth", 0),
        ("steps", 0),
        ("batch_size", 0),
        ("learning_rate", 0.0),
        ("weight_decay", -1.0),
        ("calibration_share", -0.1),
        ("calibration_share", 0.6),
        ("smoothing_px", -1.0),
        ("top_share", 1.5),
        ("grid_stride_px", 0),
        ("neighbourhood", 2),
        ("calibration_neighbourhood", 4),
        ("ridge", 0.0),
        ("scoring_cells", ()),
        ("scoring_cells", (4, 0)),
        ("paste_share", 1.1),
        ("paste_kinds", ("scratched",)),
        ("paste_kinds", ()),
        ("paste_max_area", 0.0),
        ("similarity_constant", -1.0),
        ("layers", ()),
        ("layers", (2, 2)),
    ],
)
def test_a_value_out_of_range_is_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=rf"^{field}: expected .*, got "):
        MFRNetSettings(**{field: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "without",
    [
        {"weight_pixel": 0.0, "weight_structure": 0.0, "weight_cosine": 0.0},
        {"map_residual": 0.0},
        {"score_residual": 0.0, "score_cosine": 0.0},
    ],
)
def test_loss_map_and_score_each_need_a_term(without: dict[str, float]) -> None:
    none = {f"{result}_{term}": 0.0 for result in ("map", "score") for term in TERMS}
    kept = {"map_residual": 1.0, "score_residual": 1.0}
    with pytest.raises(ValueError, match="expected at least one above 0"):
        MFRNetSettings(**none | kept | without)  # type: ignore[arg-type]
