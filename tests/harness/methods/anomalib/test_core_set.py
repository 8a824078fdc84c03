import numpy as np
import pytest
import torch
from torch import Tensor

from harness.methods.anomalib.surroundings import quiet, seeded

with quiet():
    from anomalib.models.components import KCenterGreedy

    from harness.methods.anomalib.core_set import select_core_sets_fast


def chosen(embedding_ND: Tensor, ratio: float) -> tuple[list[int], Tensor]:
    with quiet(), seeded(3, "cpu"):
        selection = KCenterGreedy(embedding_ND, ratio)
        return selection.select_coreset_idxs(), selection.min_distances


def patches(kind: str) -> Tensor:
    rng = np.random.default_rng(0)
    clusters = rng.normal(size=(12, 168)) @ rng.normal(size=(168, 168))
    near = clusters[rng.integers(12, size=3000)] + 0.5 * rng.normal(size=(3000, 168))
    values = {
        "clusters": near,
        "far from the origin": near + 1000,
        "with many twins": np.repeat(near[:1000], 3, axis=0),
        "all equal": np.ones((3000, 168)),
        "with one that is no number": np.where(np.arange(3000)[:, None] == 1700, np.nan, near),
    }[kind]
    return torch.from_numpy(values.astype(np.float32))


@pytest.mark.parametrize(
    "kind", ["clusters", "far from the origin", "with many twins", "all equal", "with one that is no number"]
)
def test_the_choice_and_all_distances_are_anomalib_s(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    original = getattr(KCenterGreedy.update_distances, "__wrapped__", KCenterGreedy.update_distances)
    monkeypatch.setattr(KCenterGreedy, "update_distances", original)
    expected, expected_distances = chosen(patches(kind), 0.05)
    select_core_sets_fast()
    assert KCenterGreedy.update_distances is not original
    found, distances = chosen(patches(kind), 0.05)
    assert len(found) == 150
    assert found == expected
    assert torch.equal(distances.nan_to_num(-1), expected_distances.nan_to_num(-1))


def test_few_distances_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    select_core_sets_fast()
    measured: list[int] = []
    norm = torch.linalg.norm

    def counting(values: Tensor, *args: object, **kwargs: object) -> Tensor:
        measured.append(len(values))
        return norm(values, *args, **kwargs)

    monkeypatch.setattr(torch.linalg, "norm", counting)
    found, _ = chosen(patches("clusters"), 0.05)
    assert len(measured) == len(found) - 1 == 149
    assert measured[0] == 3000
    assert sum(measured[20:]) < 0.1 * 3000 * len(measured[20:])
