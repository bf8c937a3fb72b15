import math

import pytest
import torch

from zoo.calculus.losses import cross_entropy
from zoo.errors import InputError
from zoo.theory.untrained import first_loss, first_loss_neglected, first_loss_std


def random_logits(classes, variance, draws):
    generator = torch.Generator().manual_seed(0)
    return variance**0.5 * torch.randn(draws, classes, dtype=torch.float64, generator=generator)


def test_knowing_nothing_costs_the_logarithm_of_the_number_of_classes():
    assert first_loss(10, 0.0) == math.log(10)
    assert first_loss(1000, 0.0) == pytest.approx(6.907755, abs=1e-6)


def test_of_many_classes_half_the_variance_is_added():
    assert first_loss(1000, 0.25) == pytest.approx(7.03276 - 0.125 / 1000, abs=1e-5)


def test_of_two_classes_it_is_the_beginning_of_a_series():
    """E ln(2 cosh(d/2)) with d ~ N(0, 2q) is ln 2 + q/4 − q²/16 + q³/24 − …"""
    q = 0.2
    assert first_loss(2, q) == pytest.approx(math.log(2) + q / 4)
    assert first_loss_neglected(2, q) == pytest.approx(q**2 / 16)


@pytest.mark.parametrize(("classes", "variance"), [(10, 0.4), (100, 1.0)])
def test_random_logits_cost_that_on_average_less_the_next_order(classes, variance):
    z = random_logits(classes, variance, 100_000)
    losses = torch.logsumexp(z, dim=1) - z.mean(dim=1)  # the mean over all classes that may be the right one
    error = 4 * float(losses.std()) / len(losses) ** 0.5
    neglected = first_loss_neglected(classes, variance)
    assert neglected > 1.5 * error  # so that it is seen
    expected = first_loss(classes, variance) - neglected
    assert float(losses.mean()) == pytest.approx(expected, abs=error + variance**3 / classes**2)


def test_a_sample_for_itself_strays_by_the_bound_nearly():
    """One sample is a share of 1: its z̄ − z_y has the variance q (1 − 1/C), a little less than q."""
    z = random_logits(10, 0.1, 100_000)
    spread = float((torch.logsumexp(z, dim=1) - z[:, 0]).std())
    assert 0.85 < spread / first_loss_std(10, 0.1, 1.0) < 1


def test_the_bound_has_a_second_order():
    # √q of the logits' first order, and ½ q χ²/C, where χ² of 9 degrees of freedom strays by √18
    assert first_loss_std(10, 1.0, 1.0) == pytest.approx(1 + 0.5 * 18**0.5 / 10, rel=1e-14)
    assert first_loss_std(10, 4.0, 0.25) == pytest.approx(1 + 2 * 18**0.5 / 10, rel=1e-14)


def test_samples_that_are_alike_within_their_class_stray_by_the_bound_nearly():
    torch.manual_seed(0)
    features = torch.eye(10, dtype=torch.float64).repeat(3, 1)  # three samples a class, features of norm 1
    y = torch.arange(10).repeat(3)
    weights = 0.1**0.5 * torch.randn(4_000, 10, 10, dtype=torch.float64)
    spread = float(torch.stack([cross_entropy(features @ w.T, y) for w in weights]).std())
    assert 0.7 < spread / first_loss_std(10, 0.1, 0.1) < 1


def test_what_makes_no_sense_is_refused():
    with pytest.raises(InputError, match="classes is 1; it must be at least 2"):
        first_loss(1, 0.1)
    with pytest.raises(InputError, match="variance is -1"):
        first_loss_neglected(10, -1.0)
    with pytest.raises(InputError, match=r"largest_share is 0.05; of 10 classes it is 1/10 to 1"):
        first_loss_std(10, 0.1, 0.05)
