"""Leaving a saddle point: along its steepest way down f = −½ λ y², λ > 0 the size of the negative curvature.

The gradient is −λy. Started at y_0 = δ, an optimizer has left when |y_k| ≥ R; a = ηλ says how fast that is.
It is the recursion of `zoo.theory.momentum` with −λ for λ, whose z² − 2mz + p is −(1 − d) a at z = 1, for
Nesterov −a: one root lies above 1, and leaves; the other lies in [0, 1), and is forgotten. (Derived here;
O'Neill & Wright 2019 treat the heavy ball.)
"""

import math

from zoo.errors import InputError
from zoo.theory import momentum as recursion
from zoo.theory.checks import (
    require_at_least,
    require_below_one,
    require_finite,
    require_not_negative,
    require_positive,
)

QUARTILE = 0.6744897501960817  # of N(0, 1): half of all |z| are below it


def growth(
    rate: float, curvature: float, momentum: float = 0.0, dampening: float = 0.0, nesterov: bool = False
) -> float:
    """z₊, the root above 1: y grows by it every step, once the start is forgotten.

    1 + a without momentum; about 1 + (1 − d) a/(1 − β) with it, where a is small against (1 − β)²: so far
    momentum is a longer step, `descent.terminal_rate`, and no new way to leave a saddle.

    Args:
        rate: η.
        curvature: λ, the size of the negative curvature.
        momentum: β.
        dampening: d; β makes v an exponential mean of the gradients. Without momentum PyTorch ignores it.
        nesterov: whether the gradient is added to its own momentum.

    Raises:
        InputError: a rate or curvature not positive, momentum or dampening outside [0, 1), Nesterov's method
            without momentum or with dampening, which PyTorch refuses too.
    """
    require_positive(curvature=curvature)
    return recursion.roots(rate, -curvature, momentum, dampening, nesterov)[0].real


def distance(
    k: int,
    start: float,
    rate: float,
    curvature: float,
    momentum: float = 0.0,
    dampening: float = 0.0,
    nesterov: bool = False,
) -> float:
    """y_k, a sum of z₊^k and z₋^k; (1 + a)^k δ without momentum.

    δ is start, whose sign y_k keeps; all that follows is as in `growth`.

    Raises:
        InputError: k is negative, start is not finite, y_k leaves float64, or what `growth` refuses.
    """
    require_positive(curvature=curvature)
    return recursion.iterate(k, start, rate, -curvature, momentum, dampening, nesterov)


def escape_steps(
    start: float,
    radius: float,
    rate: float,
    curvature: float,
    momentum: float = 0.0,
    dampening: float = 0.0,
    nesterov: bool = False,
) -> int | None:
    """The smallest k with |y_k| ≥ R; without momentum ⌈ln(R/δ) / ln(1 + a)⌉.

    Exact: logarithms only say where to look, the distances decide. |y_k| grows with every step, since all
    gradients have one sign. δ is start, R is radius; all that follows is as in `growth`.

    Returns:
        The count, or None from start = 0, where the gradient is 0 and stays so.

    Raises:
        InputError: radius is not positive, start is not finite, or what `growth` refuses.
    """
    require_positive(radius=radius)
    require_finite(start=start)
    form = (rate, curvature, momentum, dampening, nesterov)
    larger = growth(*form)
    if start == 0:
        return None
    if larger == 1:
        raise InputError(f"rate · curvature is {rate * curvature}; float64 cannot tell y + ηλy from y")
    k = max(0, round((math.log(radius) - math.log(abs(start))) / math.log(larger)))
    while abs(distance(k, start, *form)) < radius:
        k += 1
    while k > 0 and abs(distance(k - 1, start, *form)) >= radius:
        k -= 1
    return k


def adam_escape_steps(
    start: float,
    radius: float,
    rate: float,
    curvature: float,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    most: float = math.inf,
) -> int | None:
    """The smallest k with |y_k| ≥ R under Adam: y ← y − η m̂ / (√v̂ + ε).

    There is no closed form: the recursion of Kingma & Ba 2015, algorithm 1, is run in plain numbers. Its
    first step is about η whatever the gradient's size, so the count, of the order of R/η, hardly knows δ.
    δ is start, R is radius; betas are the decays of m and v, the means of g and of g²; most is how many steps
    are looked at.

    Returns:
        The count, the one after `most` if it is larger than that; None from start = 0.

    Raises:
        InputError: a rate, curvature, radius or eps not positive, betas outside [0, 1), start not finite.
    """
    require_finite(start=start)
    require_positive(radius=radius, rate=rate, curvature=curvature, eps=eps)
    require_below_one(beta1=betas[0], beta2=betas[1])
    if start == 0:
        return None
    y, m, v, k = start, 0.0, 0.0, 0
    while abs(y) < radius and k <= most:
        k += 1
        g = -curvature * y
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        m_hat, v_hat = m / (1 - betas[0] ** k), v / (1 - betas[1] ** k)
        y -= rate * m_hat / (math.sqrt(v_hat) + eps)
    return k


def noise_variance(step: int, rate: float, noise_std: float, curvature: float = 1.0) -> float:
    """Var y_k = η² s² ((1 + a)^{2k} − 1) / ((1 + a)² − 1), from y_0 = 0 with noise N(0, s²) on each gradient.

    SGD's y_{k+1} = (1 + a) y_k − η s ξ_k sums independent terms, each grown since it came. (Derived here;
    that noise suffices to escape is in Jin et al. 2017.)

    Raises:
        InputError: step or noise_std is negative, rate or curvature not positive, or y_k² leaves float64.
    """
    require_at_least(0, step=step)
    require_not_negative(noise_std=noise_std)
    scale, exponent = noise_scale(rate, noise_std, curvature), 2 * step * math.log1p(rate * curvature)
    if exponent > 700:
        raise InputError(f"step is {step}; by then the variance leaves float64")
    if noise_std and not 1e-150 < scale < 1e150:
        raise InputError(f"noise_std is {noise_std}; with it the variance leaves float64")
    return scale**2 * math.expm1(exponent)


def median_escape_steps(radius: float, rate: float, noise_std: float, curvature: float = 1.0) -> int:
    """The smallest k with P(|y_k| ≥ R) ≥ ½: that is √Var y_k ≥ R/0.6745, the quartile of a Gaussian.

    About ln(R / (0.6745 s_∞)) / ln(1 + a), with s_∞ = ηs/√((1 + a)² − 1), when R is large against s_∞: then a
    run that has left hardly ever comes back, and this is the median of the first time out, too.

    Raises:
        InputError: radius, rate, noise_std or curvature is not positive.
    """
    require_positive(radius=radius, noise_std=noise_std)
    scale = noise_scale(rate, 1.0, curvature)  # s apart: its square, or ηs, may leave float64
    log_ratio = math.log(radius) - math.log(QUARTILE * scale) - math.log(noise_std)
    # ½ ln(1 + r²) is ln r + ½ ln(1 + r⁻²)
    grown = max(log_ratio, 0.0) + math.log1p(math.exp(-2 * abs(log_ratio))) / 2
    return max(1, math.ceil(grown / math.log1p(rate * curvature)))


def median_standard_error(points: int, rate: float, curvature: float = 1.0) -> float:
    """1.166 / (√n ln(1 + a)) steps: how far the median of n points' escapes strays from that of all.

    A sample's median strays by 1/(2√n f), with f the density there: of |z|, z ~ N(0, 1), it is 2φ(0.6745) at
    the median 0.6745. A point leaves at k ≈ ln(R / (|z| s_∞)) / ln(1 + a), so k strays by as much divided by
    0.6745 ln(1 + a).

    Raises:
        InputError: points is below 1, rate or curvature not positive.
    """
    require_at_least(1, points=points)
    require_positive(rate=rate, curvature=curvature)
    density = 2 * math.exp(-(QUARTILE**2) / 2) / math.sqrt(2 * math.pi)
    return 1 / (2 * math.sqrt(points) * density * QUARTILE * math.log1p(rate * curvature))


def noise_scale(rate: float, noise_std: float, curvature: float = 1.0) -> float:
    """s_∞ = η s / √((1 + a)² − 1): y_k is about s_∞ (1 + a)^k times a Gaussian.

    Raises:
        InputError: rate or curvature is not positive, or so small that float64 sees no step.
    """
    require_positive(rate=rate, curvature=curvature)
    a = rate * curvature
    if 1 + a == 1:
        raise InputError(f"rate · curvature is {a}; float64 cannot tell y + ηλy from y")
    return rate * noise_std / math.sqrt(a * (2 + a))
