import torch

from mfrnet.whitening import Whitening, scatters_of, sum_of_scatters


def correlated(count: int = 200) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    mixing = torch.randn(5, 5, generator=generator)
    return torch.einsum("bchw,dc->bdhw", torch.randn(count, 5, 4, 4, generator=generator), mixing)


def learned(ridge: float = 1e-6) -> Whitening:
    batches = (scatters_of(part, [3, 2]) for part in correlated().split(64))
    return Whitening.of(sum_of_scatters(batches, [3, 2]), 200 * 16, ridge, torch.device("cpu"))


def test_each_group_becomes_uncorrelated_with_unit_variance() -> None:
    for group, channels in zip(learned().groups(correlated()), (3, 2), strict=True):
        rows = group.permute(0, 2, 3, 1).flatten(0, 2)
        assert torch.allclose(rows.T @ rows / len(rows), torch.eye(channels), atol=1e-3)


def test_the_inverse_leads_back() -> None:
    assert torch.allclose(learned().inverse(learned()(correlated())), correlated(), atol=1e-3)


def test_lengths_are_mahalanobis_distances() -> None:
    rows = correlated()[:, :3].permute(0, 2, 3, 1).flatten(0, 2)
    covariance = rows.T @ rows / len(rows)
    expected = torch.einsum("nc,cd,nd->n", rows, torch.linalg.inv(covariance), rows).sqrt()
    assert torch.allclose(learned().lengths(correlated())[:, 0].flatten(), expected, rtol=1e-3)


def test_a_constant_channel_needs_the_ridge_and_stays_finite() -> None:
    constant = torch.zeros(4, 2, 3, 3)
    whitening = Whitening.of(scatters_of(constant, [2]), 36, 0.01, torch.device("cpu"))
    assert torch.allclose(whitening(torch.ones(1, 2, 1, 1)).abs(), torch.tensor(10.0))
