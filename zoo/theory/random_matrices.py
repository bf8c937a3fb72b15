"""How often a random symmetric matrix is positive, and how many of its eigenvalues are not.

A matrix of the Gaussian orthogonal ensemble is (A + Aᵀ)/√2 with independent N(0, 1) in A: variance 1 off the
diagonal, 2 on it. It stands in for the Hessian of a critical point about which nothing is known.
"""

import math

import torch
from torch import Tensor

from zoo.errors import InputError
from zoo.theory.checks import require_at_least, require_finite


def sample(matrices: int, size: int, generator: torch.Generator) -> Tensor:
    """(A + Aᵀ)/√2: matrices of the ensemble, (M, n, n) in float64."""
    a = torch.randn(matrices, size, size, dtype=torch.float64, generator=generator)
    return (a + a.mT) / math.sqrt(2)


def minimum_probability(size: int) -> float:
    """P(all eigenvalues > 0) = ½, (2 − √2)/4, (π − 2√2)/(4π) for n = 1, 2, 3 (Dean & Majumdar 2006).

    For n = 2, with a and c on the diagonal and b beside it, it asks for (a + c)/2 > √(((a − c)/2)² + b²). All
    three have the variance 1, so that is a cone of half-angle 45° in space: (1 − cos 45°)/2 of it. For large
    n the probability falls as exp(−((ln 3)/4) n²). Another variance on the diagonal gives other numbers.

    Args:
        size: n, 1 to 3; for more there is no closed form here.

    Raises:
        InputError: size is another.
    """
    found = {
        1: 0.5,
        2: (2 - math.sqrt(2)) / 4,
        3: (math.pi - 2 * math.sqrt(2)) / (4 * math.pi),
    }
    if size not in found:
        raise InputError(f"size is {size}; the probability is known here for 1, 2 and 3")
    return found[size]


def matrices_that_show_one(size: int) -> int:
    """The smallest M with p > 4 √(p(1 − p)/M): four standard errors of a share in M do not reach to 0.

    It is 16 (1 − p)/p, p being `minimum_probability`. Arguments and refusals are those of that.
    """
    p = minimum_probability(size)
    return math.floor(16 * (1 - p) / p) + 1


def negative_share(shift: float) -> float:
    """½ − c √(4 − c²)/(4π) − arcsin(c/2)/π: the share of eigenvalues of G/√n + cI below 0, for n → ∞.

    Those of G/√n fill a semicircle of radius 2 (Wigner 1958), and c moves it. In random landscapes low
    critical points have a large c: they are minima, and high ones saddles (Bray & Dean 2007; Dauphin et al.
    2014).

    Args:
        shift: c; from 2 on the share is 0, up to −2 it is 1.

    Raises:
        InputError: shift is not finite.
    """
    require_finite(shift=shift)
    c = min(2.0, max(-2.0, shift))
    return 0.5 - c * math.sqrt(4 - c**2) / (4 * math.pi) - math.asin(c / 2) / math.pi


def negative_share_error(size: int, matrices: int) -> float:
    """[4 √((ln n + 3)/(π² M)) + ¼]/n: how far the share in M matrices of size n may stray from the limit.

    Eigenvalues repel each other: the variance of the count below a level is only ln n/π² (O'Rourke 2010),
    where that of independent ones would be n/4. The constant beside ln n was seen to stay below 3, for n from
    50 to 400. And at finite n the count is arcsin(c/2)/(2π), at most ¼, above its limit (Johansson 1998).

    Raises:
        InputError: size is below 2, or matrices below 1.
    """
    require_at_least(2, size=size)
    require_at_least(1, matrices=matrices)
    return (4 * math.sqrt((math.log(size) + 3) / (math.pi**2 * matrices)) + 0.25) / size
