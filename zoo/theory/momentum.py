"""Momentum on a bowl, along one direction at a time: f = ½ λ x², with a = ηλ for how long a step is there.

PyTorch's SGD takes v ← βv + (1 − d) g and x ← x − ηv, its very first v being g itself, not (1 − d) g;
Nesterov's takes x ← x − η (g + βv). Without v, with g = λx, either is

    x_{k+1} = 2m x_k − p x_{k−1}
    heavy ball    2m = 1 + β − (1 − d) a    p = β            x_1 = (1 − a) x_0
    Nesterov      2m = (1 + β) (1 − a)      p = β (1 − a)    x_1 = (1 − a − aβ) x_0

z^k obeys it for z² − 2mz + p = 0, so for z = m ± √(m² − p): two real roots, one double root, or a complex
pair of size √p that turns by ω a step, cos ω = m/√p. They are what physics calls over-, critically and
underdamped. A negative λ makes a saddle of the bowl: `zoo.theory.saddle`. (Polyak 1964; Goh 2017.)
"""

import cmath
import math
from typing import NamedTuple

import torch
from torch import Tensor

from zoo.errors import InputError
from zoo.theory import descent
from zoo.theory.checks import require_at_least, require_below_one, require_finite, require_positive


class Tuning(NamedTuple):
    """η and β, and the factor a step, max |z|, that they give at both ends of a bowl."""

    rate: float
    momentum: float
    factor: float


def iterate(
    k: int,
    start: float,
    rate: float,
    curvature: float,
    momentum: float = 0.0,
    dampening: float = 0.0,
    nesterov: bool = False,
) -> float:
    """x_k = x_0 [C_k + (x_1/x_0 − m) S_k], C_k = (z₊^k + z₋^k)/2, S_k = (z₊^k − z₋^k)/(z₊ − z₋).

    A complex pair makes C_k = √p^k cos kω and S_k = √p^(k−1) sin kω / sin ω; a double root makes m^k and
    k m^(k−1), so that x_k = x_0 (1 + ck) m^k with c = x_1/(x_0 m) − 1.

    Args:
        k: how many steps.
        start: x_0.
        rate: η.
        curvature: λ.
        momentum: β.
        dampening: d; β makes v an exponential mean of the gradients. Without momentum PyTorch ignores it.
        nesterov: whether the gradient is added to its own momentum.

    Raises:
        InputError: k is negative, start or curvature not finite, rate not positive, momentum or dampening
            outside [0, 1), Nesterov's method without momentum or with dampening, which PyTorch refuses too,
            or x_k leaves float64.
    """
    require_at_least(0, k=k)
    require_finite(start=start)
    mean, _, square, first = _recursion(rate, curvature, momentum, dampening, nesterov)
    try:
        even, odd = _powers(k, mean, square)
        found = start * (even + (first - mean) * odd)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        a = rate * curvature
        raise InputError(f"rate · curvature is {a:g}; by step {k} the path has left float64: lower it")
    return found


def _powers(k: int, mean: float, square: float) -> tuple[float, float]:
    """C_k and S_k of the roots m ± h, h² = square: even in h, so that h may be 0, tiny or imaginary."""
    if k == 0:
        return 1.0, 0.0
    m, h = abs(mean), math.sqrt(abs(square))
    if square < 0:
        size, angle = math.hypot(m, h), math.atan2(h, m)
        even, odd = size**k * math.cos(k * angle), size ** (k - 1) * math.sin(k * angle) / math.sin(angle)
    elif h == 0:
        even, odd = m**k, k * m ** (k - 1)
    else:
        large, small = (m + h) ** k, (m - h) ** k
        even, odd = (large + small) / 2, (large - small) / (2 * h)
        if h < m / 2:  # the difference of two nearly equal powers, without losing its digits
            odd = -large * math.expm1(k * math.log1p(-2 * h / (m + h))) / (2 * h)
    sign = math.copysign(1.0, mean)  # −m for m changes the sign of every other iterate
    return sign**k * even, sign ** (k - 1) * odd


def roots(
    rate: float, curvature: float, momentum: float = 0.0, dampening: float = 0.0, nesterov: bool = False
) -> tuple[complex, complex]:
    """z = m ± √(m² − p), the larger in size first. Arguments and refusals are those of `iterate`."""
    mean, product, square, _ = _recursion(rate, curvature, momentum, dampening, nesterov)
    if square <= 0:
        h = math.sqrt(-square)
        return complex(mean, h), complex(mean, -h)
    large = mean + math.copysign(math.sqrt(square), mean)
    return complex(large), complex(product / large)


def factor(
    rate: float, curvature: float, momentum: float = 0.0, dampening: float = 0.0, nesterov: bool = False
) -> float:
    """max |z|: what a step multiplies the error by in the long run; √p where the roots are complex.

    For heavy ball that is √β, whatever the curvature. (A double root is reached slowly: (1 + ck) |z|^k.)
    Arguments and refusals are those of `iterate`.
    """
    return abs(roots(rate, curvature, momentum, dampening, nesterov)[0])


def critical_momentum(rate: float, curvature: float, dampening: float = 0.0, nesterov: bool = False) -> float:
    """β_c = (1 − √((1 − d) a))², Nesterov (1 − √a)/(1 + √a): the momentum that makes the two roots one.

    For a < 1 less momentum creeps, more swings. It solves m² = p: for heavy ball (Goh 2017)
    (1 − β)² − 2a(1 + β) + a² = 0, for Nesterov (1 + β)² (1 − a) = 4β, where beyond a = 1 none does: ∞.

    Raises:
        InputError: rate or curvature is not positive, dampening not in [0, 1).
    """
    require_positive(rate=rate, curvature=curvature)
    require_below_one(dampening=dampening)
    root = math.sqrt((1 - dampening) * rate * curvature)
    if nesterov:
        return (1 - root) / (1 + root) if root <= 1 else math.inf
    return (1 - root) ** 2


def half_period(
    rate: float, curvature: float, momentum: float = 0.0, dampening: float = 0.0, nesterov: bool = False
) -> float:
    """π/ω steps from one change of sign to the next, with cos ω = m/√p; ∞ where the roots are real.

    Arguments and refusals are those of `iterate`.
    """
    z = roots(rate, curvature, momentum, dampening, nesterov)[0]
    return math.pi / cmath.phase(z) if z.imag else math.inf


def stability_limit(momentum: float = 0.0, dampening: float = 0.0, nesterov: bool = False) -> float:
    """ηλ < 2 (1 + β)/(1 − d), Nesterov 2 (1 + β)/(1 + 2β): beyond it a root is below −1.

    z² − 2mz + p is 0 at z = −1 there; p stays below 1. More than gradient descent's 2 for heavy ball, less
    for Nesterov: its gradient counts 1 + β times at once. (Derived here; heavy ball in Polyak 1964.)

    Raises:
        InputError: momentum or dampening outside [0, 1).
    """
    require_below_one(momentum=momentum, dampening=dampening)
    if nesterov:
        return 2 * (1 + momentum) / (1 + 2 * momentum)
    return 2 * (1 + momentum) / (1 - dampening) if momentum else 2.0


def gradient_descent_tuning(curvatures: Tensor) -> Tuning:
    """η = 2/(λ₁ + λ_n), β = 0: (κ − 1)/(κ + 1) (Polyak 1964)."""
    return Tuning(descent.best_rate(curvatures), 0.0, descent.best_contraction(curvatures))


def heavy_ball_tuning(curvatures: Tensor) -> Tuning:
    """η = (2/(√λ₁ + √λ_n))², β = ((√κ − 1)/(√κ + 1))²: √β = (√κ − 1)/(√κ + 1) (Polyak 1964).

    No other η and β have a smaller factor. β is critical at both ends: √β twice at λ₁, −√β twice at λ_n.

    Args:
        curvatures: λ₁ … λ_n in any order, all positive.
    """
    root = math.sqrt(descent.condition_number(curvatures))
    rate = (2 / (1 + root)) ** 2 / float(curvatures.min())
    return Tuning(rate, ((root - 1) / (root + 1)) ** 2, (root - 1) / (root + 1))


def nesterov_tuning(curvatures: Tensor) -> Tuning:
    """η = 1/λ_n, β = (√κ − 1)/(√κ + 1): 1 − 1/√κ (Nesterov 2004, § 2.2). β is critical at λ₁."""
    root = math.sqrt(descent.condition_number(curvatures))
    return Tuning(1 / float(curvatures.max()), (root - 1) / (root + 1), 1 - 1 / root)


def constant_slope_iterate(
    k: int,
    start: float,
    rate: float,
    slope: float,
    momentum: float = 0.0,
    dampening: float = 0.0,
    nesterov: bool = False,
) -> float:
    """x_k = x_0 − ηV k − η (g − V) (1 − β^k)/(1 − β) with V = (1 − d) g/(1 − β), on f = gx: no curvature.

    v_j = V + (g − V) β^(j−1) goes from g to V, and x_k is x_0 less the sum of ηv_1 … ηv_k. Nesterov's step
    η (g + βv_j) comes nearer to ηV by one more factor β, so its second term has one, too.

    Args:
        k, start, rate, momentum, dampening, nesterov: as in `iterate`.
        slope: g.

    Raises:
        InputError: k is negative, start or slope not finite, rate not positive, momentum or dampening outside
            [0, 1).
    """
    require_at_least(0, k=k)
    require_positive(rate=rate)
    require_finite(start=start, slope=slope)
    settled = descent.terminal_rate(rate, momentum, dampening)
    unsettled = (rate - settled) * (momentum if nesterov else 1.0)
    return start - slope * (k * settled + unsettled * (1 - momentum**k) / (1 - momentum))


def followed_factor(path: Tensor) -> float:
    """max |z| of the recursion x_{k+1} = s x_k − p x_{k−1} that a path follows: s and p by least squares.

    So a double root is seen through its (1 + ck), and a swing through its zeros, where a line through
    log |x_k| would be wrong. Directions of (s, p) that the path does not tell from 0 are left out: a
    path x_0 z^k, which many (s, p) follow, gives |z|.

    Args:
        path: x_0 … x_K, (K + 1,), with K at least 3.

    Raises:
        InputError: path is shorter, not finite, or 0 throughout.
    """
    if path.dim() != 1 or len(path) < 4 or not path.isfinite().all() or not path.any():
        raise InputError(f"path of shape {tuple(path.shape)} must be four finite numbers or more, not all 0")
    x = path.detach().double() / path.abs().max()
    before = torch.stack([x[1:-1], -x[:-2]], dim=1)
    fit = torch.linalg.lstsq(before, x[2:, None], rcond=1e-10, driver="gelsd").solution
    s, p = (float(entry) for entry in fit[:, 0])
    h = cmath.sqrt(s * s / 4 - p)
    return max(abs(s / 2 + h), abs(s / 2 - h))


def _recursion(
    rate: float, curvature: float, momentum: float, dampening: float, nesterov: bool
) -> tuple[float, float, float, float]:
    """m, p, m² − p and x_1/x_0."""
    require_positive(rate=rate)
    require_finite(curvature=curvature)
    require_below_one(momentum=momentum, dampening=dampening)
    if nesterov and (momentum == 0 or dampening):
        raise InputError(f"nesterov needs momentum and no dampening; they are {momentum} and {dampening}")
    a = rate * curvature
    product = momentum * (1 - a) if nesterov else momentum
    pull = (1 - dampening) * a if momentum else a
    # m² − p with m = (1 + p − pull)/2, without the cancellation of two numbers near 1
    square = ((1 - product) ** 2 - 2 * pull * (1 + product) + pull**2) / 4
    return (1 + product - pull) / 2, product, square, 1 - a * (1 + momentum if nesterov else 1)
