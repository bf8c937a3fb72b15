"""Gradient descent where it can be solved: on a quadratic, along each eigenvector of the Hessian by itself.

w_{k+1} = w_k − η ∇L(w_k) multiplies the error along the eigenvector of curvature λ by 1 − ηλ, each step.
N samples, I features; D parameters, which for least squares are the I weights and then the bias.
Curvatures are the eigenvalues of the Hessian, all positive. In float64, whatever comes in. (Nocedal & Wright
2006, chapter 3; Polyak 1964.)
"""

import math

import torch
from torch import Tensor

from zoo.errors import InputError
from zoo.theory.checks import require_at_least, require_below_one, require_not_negative, require_positive


def mse_hessian(x: Tensor) -> Tensor:
    """H = (2/N) AᵀA with A = [x 1]: the Hessian of L = (1/N) ‖Xw + b − y‖² in (w, b), whatever y.

    Args:
        x: (N, I), or (N,) for one feature.

    Returns:
        (I + 1, I + 1), the bias last.

    Raises:
        InputError: x has another number of axes, or no samples.
    """
    a = _with_ones(x)
    return 2 / len(a) * a.T @ a


def normal_equations(x: Tensor, y: Tensor) -> Tensor:
    """AᵀA (w, b) = Aᵀy: the minimum of L = (1/N) ‖Xw + b − y‖².

    Solved as a least-squares problem, since AᵀA has the square of A's condition number.

    Args:
        x: (N, I), or (N,) for one feature.
        y: (N,).

    Returns:
        (I + 1,), the bias last.

    Raises:
        InputError: y is not (N,), or the columns of [x 1] are dependent, which leaves no single minimum.
    """
    a = _with_ones(x)
    if y.shape != a.shape[:1]:
        raise InputError(f"y has shape {tuple(y.shape)}; it must be ({len(a)},), one target a sample")
    if torch.linalg.matrix_rank(a) < a.shape[1]:
        raise InputError("the features and the constant 1 are linearly dependent; many weights are optimal")
    solution: Tensor = torch.linalg.lstsq(a, y.detach().double()[:, None]).solution
    return solution[:, 0]


def _with_ones(x: Tensor) -> Tensor:
    """A = [x 1], (N, I + 1)."""
    if x.dim() not in (1, 2) or not len(x):
        raise InputError(f"x has shape {tuple(x.shape)}; it must be (N, I) or (N,), with N at least 1")
    columns = x.detach().double().reshape(len(x), -1)
    return torch.cat([columns, columns.new_ones(len(x), 1)], dim=1)


def curvatures(hessian: Tensor) -> Tensor:
    """λ₁ ≤ … ≤ λ_D: the eigenvalues of a symmetric matrix, (D, D) to (D,)."""
    eigenvalues: Tensor = torch.linalg.eigvalsh(_symmetric(hessian))
    return eigenvalues


def _symmetric(hessian: Tensor) -> Tensor:
    h = hessian.detach().double()
    if h.dim() != 2 or h.shape[0] != h.shape[1] or not torch.allclose(h, h.T):
        raise InputError(f"hessian of shape {tuple(hessian.shape)} is not a symmetric matrix")
    return h


def largest_stable_rate(curvatures: Tensor) -> float:
    """η < 2/λ_max: beyond it |1 − ηλ_max| > 1, and the error grows (Nocedal & Wright 2006, chapter 3)."""
    return 2 / _ends(curvatures)[1]


def best_rate(curvatures: Tensor) -> float:
    """η = 2/(λ_min + λ_max): both ends shrink alike, by (κ − 1)/(κ + 1) (Polyak 1964)."""
    return 2 / sum(_ends(curvatures))


def condition_number(curvatures: Tensor) -> float:
    """κ = λ_max/λ_min."""
    low, high = _ends(curvatures)
    return high / low


def terminal_rate(rate: float, momentum: float = 0.0, dampening: float = 0.0) -> float:
    """η (1 − d)/(1 − β): what a gradient is worth in the end, in PyTorch's v ← βv + (1 − d) g, w ← w − ηv.

    It goes on in v as 1 + β + β² + …; so a constant g is followed in steps of this rate, as soon as v has
    settled (Goh 2017). Without momentum PyTorch ignores d, and so does this.

    Raises:
        InputError: rate is negative, momentum or dampening not in [0, 1).
    """
    require_not_negative(rate=rate)
    require_below_one(momentum=momentum, dampening=dampening)
    return rate * (1 - dampening) / (1 - momentum) if momentum else rate


def contraction(rate: float, curvatures: Tensor) -> float:
    """ρ = max_i |1 − ηλ_i|: ‖w_{k+1} − w*‖ ≤ ρ ‖w_k − w*‖, and nothing smaller in the long run.

    Raises:
        InputError: rate or a curvature is not positive.
    """
    require_positive(rate=rate)
    return max(abs(1 - rate * end) for end in _ends(curvatures))


def best_contraction(curvatures: Tensor) -> float:
    """ρ = (κ − 1)/(κ + 1): that of `best_rate`."""
    low, high = _ends(curvatures)
    return (high - low) / (high + low)


def _ends(curvatures: Tensor) -> tuple[float, float]:
    """λ_min and λ_max."""
    low, high = (float(end) for end in curvatures.detach().double().aminmax())
    if not (low > 0 and math.isfinite(high)):
        raise InputError(f"curvatures reach from {low} to {high}; they must be positive and finite")
    return low, high


def iterates(start: Tensor, optimum: Tensor, hessian: Tensor, rate: float, steps: int) -> Tensor:
    """w_k = w* + V (1 − ηΛ)^k Vᵀ (w_0 − w*), k = 0 … steps, with H = V Λ Vᵀ.

    Any symmetric H will do: along a negative curvature the iterates leave w*, along 0 they stand.

    Args:
        start: w_0, (D,).
        optimum: w*, (D,).
        hessian: H, (D, D).
        rate: η.
        steps: the last k.

    Returns:
        (steps + 1, D).

    Raises:
        InputError: rate is not positive, steps is negative, H is not symmetric.
    """
    require_positive(rate=rate)
    require_at_least(0, steps=steps)
    eigenvalues, v = torch.linalg.eigh(_symmetric(hessian))
    start, optimum = start.detach().double(), optimum.detach().double()
    k = torch.arange(steps + 1)[:, None]
    errors = (1 - rate * eigenvalues) ** k * (v.T @ (start - optimum))
    path: Tensor = optimum + errors @ v.T
    return path


def steps_to(fraction: float, rate: float, curvatures: Tensor) -> int:
    """⌈ln fraction / ln ρ⌉: after so many steps ‖w_k − w*‖ ≤ fraction · ‖w_0 − w*‖, wherever w_0 was.

    An upper bound, reached when all of the error lies along the slowest eigenvector.

    Raises:
        InputError: fraction is not in (0, 1), or the rate does not converge: ρ ≥ 1.
    """
    if not 0 < fraction < 1:
        raise InputError(f"fraction is {fraction}; it must lie between 0 and 1")
    rho = contraction(rate, curvatures)
    if rho >= 1:
        raise InputError(f"rate is {rate}; it must be below {largest_stable_rate(curvatures):g} to converge")
    if rho == 0:
        return 1
    k = max(1, round(math.log(fraction) / math.log(rho)))  # near; the powers decide, rounding cannot
    while rho**k > fraction:
        k += 1
    while k > 1 and rho ** (k - 1) <= fraction:
        k -= 1
    return k
