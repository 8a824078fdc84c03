import pytest

from mfrnet import MFRNetSettings


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
        ("layers", ()),
        ("layers", (2, 2)),
    ],
)
def test_a_value_out_of_range_is_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=rf"^{field}: expected .*, got "):
        MFRNetSettings(**{field: value})  # type: ignore[arg-type]


def test_at_least_one_term_is_needed() -> None:
    with pytest.raises(ValueError, match="expected at least one above 0"):
        MFRNetSettings(weight_pixel=0.0, weight_structure=0.0, weight_cosine=0.0)
