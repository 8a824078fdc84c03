import torch

from mfrnet.whitening import Whitening, scatters_of, sum_of_scatters, with_training


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


def test_images_that_were_trained_on_shape_a_covariance_and_leave_its_size_alone() -> None:
    held_out, training = torch.diag(torch.tensor([4.0, 0.0])), torch.diag(torch.tensor([0.0, 0.3]))
    (found,), count = with_training([held_out], 4, [training], 30, weight=0.5)
    assert count == 4 + 0.5 * 30
    assert torch.allclose(found / count, torch.diag(torch.tensor([4 / 19, 15 / 19])))
    assert torch.allclose(found.trace() / count, held_out.trace() / 4)


def test_without_images_that_were_trained_on_a_covariance_stays_as_it_is() -> None:
    held_out = [torch.eye(2), torch.eye(3)]
    assert with_training(held_out, 7, [torch.zeros(2, 2), torch.zeros(3, 3)], 0, weight=1.0) == (held_out, 7)


def test_errors_of_zero_on_images_that_were_trained_on_do_not_divide_by_zero() -> None:
    (found,), _ = with_training([torch.eye(2)], 1, [torch.zeros(2, 2)], 1, weight=1.0)
    assert torch.equal(found, torch.eye(2))
