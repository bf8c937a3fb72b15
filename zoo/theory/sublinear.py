"""Gradient descent where the curvature dies out: no step has a fixed factor; powers of k take its place.

Both laws come the same way. A function Φ of the point is sought that grows by the same amount in every step:
its first term is that of the gradient flow, the next undoes the error that a step of η makes. What is left
over has a finite sum over all steps, so that after any k Φ, and with it the point, lies between two bounds.
(Derived here; that w_k grows like ln(ηk) is in Soudry et al. 2018.)
"""

import math
from collections.abc import Callable

from zoo.errors import InputError
from zoo.theory.checks import require_at_least, require_positive
from zoo.theory.rounding import UNIT


def quartic(step: int, start: float, rate: float) -> tuple[float, float]:
    """|x_k| on f = x⁴/4, from below and above: u − (3/2) η ln u grows by 2η a step, with u = 1/x².

    So 1/x_k² = 1/x_0² + 2ηk + (3/2) η ln(x_0²/x_k²) + r, and x_k √(2ηk) → 1. With t = ηx², a step is
    x ← x (1 − t), by which Φ grows by η (2 + Σ_{n≥2} (n + 2 − 3/n) tⁿ): never by less than 2η, and with
    t_0 = ηx_0² what is more sums up to r ≤ η (t_0² + t_0/2) (4 − 3t_0)/(1 − t_0)².

    Raises:
        InputError: step is negative, rate not positive, |start| outside [0.001, 1000], or ηx_0² above ½.
    """
    require_at_least(0, step=step)
    require_positive(rate=rate)
    if not 1e-3 <= abs(start) <= 1e3:
        raise InputError(f"start is {start}; this law of x⁴/4 speaks of sizes from 0.001 to 1000")
    t = rate * start**2
    if t > 0.5:
        raise InputError(f"rate · start² is {t:g}; this law of x⁴/4 speaks of at most 0.5")
    if step == 0:
        return abs(start), abs(start)
    u = start**-2
    excess = rate * (t**2 + t / 2) * (4 - 3 * t) / (1 - t) ** 2
    slack = 16 * UNIT * (step + 1) * (u + 2 * rate * step)  # each step rounds x, too

    def phi(u_k: float) -> float:
        return u_k - 1.5 * rate * math.log(u_k / u)

    target = u + 2 * rate * step
    low = _solve(phi, target - slack, u)
    return _solve(phi, target + excess + slack, low) ** -0.5, low**-0.5


def logistic(step: int, start: float, rate: float) -> tuple[float, float]:
    """w_k on f = ln(1 + e^(−w)), from below and above: e^w + w − (η/2) ln(1 + e^w) grows by η a step.

    So w_k → ln(ηk), and f(w_k) ηk → 1: f has no minimum. A step is δ = η/(1 + e^w), and misses η by at most
    η³ σ(w) σ(−w)² e^δ/4, which sums to at most ¼ η² e^(2δ_0) σ(−w_0).

    Raises:
        InputError: step is negative, rate not positive, start outside [−30, 30], or the first step above 1.
    """
    require_at_least(0, step=step)
    require_positive(rate=rate)
    if not -30 <= start <= 30:
        raise InputError(f"start is {start}; this law of ln(1 + e^(−w)) speaks of −30 to 30")
    first = rate / (1 + math.exp(start))
    if first > 1:
        raise InputError(
            f"rate · slope is {first:g} at the start; this law of ln(1 + e^(−w)) speaks of at most 1"
        )
    if step == 0:
        return start, start
    miss = rate**2 * math.exp(2 * first) / 4 / (1 + math.exp(start))
    # Each step rounds w, too.
    miss += 16 * UNIT * (step + 1) * (abs(start) + 1) * (1 + math.exp(start) + rate * step)

    def phi(w: float) -> float:
        return math.exp(w) + w - rate / 2 * math.log1p(math.exp(w))

    target = phi(start) + rate * step
    low = _solve(phi, target - miss, start)
    return low, _solve(phi, target + miss, low)


def quartic_decay(step: int, start: float, rate: float) -> tuple[float, float]:
    """|x_k| √(2ηk) → 1 on f = x⁴/4, from below and above; the arguments are those of `quartic`."""
    low, high = quartic(step, start, rate)
    scale = math.sqrt(2 * rate * step)
    return low * scale, high * scale


def quartic_factor(step: int, start: float, rate: float) -> tuple[float, float]:
    """f(x_k)/f(x_{k−1}) = (1 − ηx_{k−1}²)⁴ on f = x⁴/4, about 1 − 2/k: what step k leaves of the loss."""
    low, high = quartic(step - 1, start, rate)
    return (1 - rate * high**2) ** 4, (1 - rate * low**2) ** 4


def logistic_decay(step: int, start: float, rate: float) -> tuple[float, float]:
    """f(w_k) ηk → 1 on f = ln(1 + e^(−w)), from below and above; the arguments are those of `logistic`."""
    low, high = logistic(step, start, rate)
    return _logistic_loss(high) * rate * step, _logistic_loss(low) * rate * step


def logistic_factor(step: int, start: float, rate: float) -> tuple[float, float]:
    """f(w_k)/f(w_{k−1}) on f = ln(1 + e^(−w)), about 1 − 1/k: what step k leaves of the loss."""
    ends = (
        _logistic_loss(w + rate / (1 + math.exp(w))) / _logistic_loss(w)
        for w in logistic(step - 1, start, rate)
    )
    low, high = sorted(ends)
    return low, high


def _logistic_loss(w: float) -> float:
    return math.log1p(math.exp(-w))


def _solve(rising: Callable[[float], float], target: float, low: float) -> float:
    """Where a rising function reaches the target, by bisection from ``low`` upwards; at least ``low``."""
    if rising(low) >= target:
        return low
    width = 1.0
    while rising(low + width) < target:
        width *= 2
    high = low + width
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if rising(middle) < target else (low, middle)
    return high
