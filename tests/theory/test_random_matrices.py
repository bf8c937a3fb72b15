import math

import pytest
import torch

from zoo.errors import InputError
from zoo.theory.random_matrices import (
    matrices_that_show_one,
    minimum_probability,
    negative_share,
    negative_share_error,
    sample,
)


def drawn(matrices, size, seed=0):
    return sample(matrices, size, torch.Generator().manual_seed(seed))


def test_a_sample_is_symmetric_with_twice_the_variance_on_the_diagonal():
    m = drawn(20_000, 3)
    assert torch.equal(m, m.mT)
    on, off = m.diagonal(dim1=1, dim2=2), m[:, 0, 1]
    assert float(on.var()) == pytest.approx(2, abs=4 * 2 * (2 / on.numel()) ** 0.5)
    assert float(off.var()) == pytest.approx(1, abs=4 * (2 / len(off)) ** 0.5)


def test_the_probabilities_of_a_minimum_are_those_of_the_literature():
    assert [minimum_probability(n) for n in (1, 2, 3)] == pytest.approx([0.5, 0.146447, 0.0249209], abs=1e-6)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_eigenvalues_of_drawn_matrices_are_all_positive_as_often(size):
    p, matrices = minimum_probability(size), 40_000
    positive = (torch.linalg.eigvalsh(drawn(matrices, size)) > 0).all(dim=1).double().mean()
    assert float(positive) == pytest.approx(p, abs=4 * (p * (1 - p) / matrices) ** 0.5)


@pytest.mark.parametrize(("size", "needed"), [(1, 17), (2, 94), (3, 627)])
def test_so_many_matrices_tell_the_probability_from_0_and_one_fewer_do_not(size, needed):
    p = minimum_probability(size)
    assert matrices_that_show_one(size) == needed
    reach = [p - 4 * (p * (1 - p) / matrices) ** 0.5 for matrices in (needed - 1, needed)]
    assert reach[0] <= 1e-15
    assert reach[1] > 0


def test_with_one_variance_everywhere_the_probability_is_another():
    """Twice the variance on the diagonal is what makes the 2×2 case a cone of 45°."""
    m = drawn(40_000, 2)
    m.diagonal(dim1=1, dim2=2).mul_(0.5**0.5)
    positive = float((torch.linalg.eigvalsh(m) > 0).all(dim=1).double().mean())
    assert positive == pytest.approx(0.1155, abs=0.0064)
    assert abs(positive - minimum_probability(2)) > 0.02


def test_negative_shares_are_the_integral_of_the_semicircle():
    x = (torch.arange(200_000, dtype=torch.float64) + 0.5) / 50_000 - 2
    density = (4 - x**2).sqrt() / (2 * math.pi) / 50_000
    for c in (-1.3, 0.0, 0.5, 1.0, 1.5, 1.99):
        assert negative_share(c) == pytest.approx(float(density[x < -c].sum()), abs=1e-6)


def test_the_share_is_half_without_a_shift_and_none_from_the_radius_on():
    assert negative_share(0) == 0.5
    assert [negative_share(c) for c in (2, 3, 100)] == pytest.approx([0, 0, 0], abs=1e-15)
    assert [negative_share(-c) for c in (2, 3)] == pytest.approx([1, 1])
    assert [negative_share(c) for c in (0.5, 1.0, 1.5)] == pytest.approx(
        [0.34252, 0.19550, 0.07215], abs=1e-5
    )


@pytest.mark.parametrize("size", [50, 150])
def test_shares_of_drawn_matrices_spread_as_is_said(size):
    """One matrix at a time: its error is 4 standard deviations of the count and ¼ of an eigenvalue."""
    eigenvalues = torch.linalg.eigvalsh(drawn(300, size)) / size**0.5
    for c in (0.0, 0.5, 1.5):
        counts = (eigenvalues + c < 0).double().sum(dim=1)
        spread = negative_share_error(size, 1) * size - 0.25
        assert 0.7 < 4 * float(counts.std()) / spread < 1.1
        error = negative_share_error(size, 300)
        assert float(counts.mean()) / size == pytest.approx(negative_share(c), abs=error)


def test_what_makes_no_sense_is_refused():
    with pytest.raises(InputError, match="size is 4; the probability is known here for 1, 2 and 3"):
        minimum_probability(4)
    with pytest.raises(InputError, match="shift is nan"):
        negative_share(math.nan)
    with pytest.raises(InputError, match="size is 1; it must be at least 2"):
        negative_share_error(1, 1)
    with pytest.raises(InputError, match="matrices is 0"):
        negative_share_error(10, 0)
