import pytest
import torch

from mfrnet import MFRNetSettings
from mfrnet.corruption import corrupt, region
from mfrnet.settings import PASTE_KINDS


def features(seed: int = 0, count: int = 40) -> torch.Tensor:
    return torch.randn(count, 3, 12, 12, generator=torch.Generator().manual_seed(seed))


def corrupted(seed: int = 0, **settings: object) -> torch.Tensor:
    chosen = MFRNetSettings(**settings)  # type: ignore[arg-type]
    return corrupt(features(), features(1), chosen, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("kind", PASTE_KINDS)
def test_a_region_is_replaced_and_the_rest_kept(kind: str) -> None:
    after = corrupted(jitter=0.0, paste_share=1.0, paste_kinds=(kind,))
    changed_BHW = (after != features()).any(dim=1)
    assert changed_BHW.any(dim=(1, 2)).float().mean() > 0.5
    assert changed_BHW.float().mean() < 0.4


def test_another_image_gives_its_own_features() -> None:
    after = corrupted(jitter=0.0, paste_share=1.0, paste_kinds=("other",))
    new = after[after != features()]
    assert torch.isin(new, features(1)).all()


def test_about_the_asked_share_of_images_is_changed() -> None:
    changed = (corrupted(jitter=0.0, paste_share=0.5) != features()).any(dim=(1, 2, 3)).float().mean()
    assert 0.2 < changed < 0.7


def test_noise_is_in_proportion_to_the_features() -> None:
    weak = 0.001 * features()
    settings = MFRNetSettings(jitter=0.5, paste_share=0.0)
    after = corrupt(weak, weak, settings, torch.Generator().manual_seed(0))
    assert 0 < (after - weak).abs().max() < 0.01


def test_equal_generators_corrupt_alike_and_the_input_stays() -> None:
    assert torch.equal(corrupted(3), corrupted(3))
    assert not torch.equal(corrupted(3), corrupted(4))


def test_regions_have_the_asked_sizes() -> None:
    generator = torch.Generator().manual_seed(0)
    shares = torch.stack([region((24, 24), 0.2, generator).float().mean() for _ in range(300)])
    assert shares.max() < 0.27  # small shapes are widened by a margin
    assert shares.min() < 0.02
