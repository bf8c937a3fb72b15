"""Gradient descent where the curvature dies out: no step has a fixed factor; powers of k take its place.

Both laws come the same way. A function Φ of the point is sought that grows by the same amount in every step:
its first term is that of the gradient flow, the next undoes the error that a step of η makes. What is left
over has a finite sum over all steps, so that after any k Φ, and with it the point, lies between two bounds.
(Derived here; that w_k grows like ln(ηk) is in Soudry et al. 2018.)
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from zoo.errors import InputError
from zoo.theory.checks import require_at_least, require_positive
from zoo.theory.rounding import UNIT

Bounds = tuple[float, float]


def quartic(step: int, start: float, rate: float) -> Bounds:
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


def logistic(step: int, start: float, rate: float) -> Bounds:
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


@dataclass(frozen=True)
class Law:
    """What becomes of the loss where the curvature dies out: f(x_k) (ηk)^power → constant.

    Attributes:
        point: bounds of x_k, from step k, the start and the rate.
        height, slope: f and f′. Between the bounds f is monotone.
        power, constant: of the limit.
        rising_from: the x from which on f(x − ηf′)/f(x), what a step leaves of f, is monotone for every η.
    """

    point: Callable[[int, float, float], Bounds]
    height: Callable[[float], float]
    slope: Callable[[float], float]
    power: int
    constant: float
    rising_from: float

    def loss(self, step: int, start: float, rate: float) -> Bounds:
        """f(x_k), from below and above; raises what `point` does."""
        return _between(self.height(x) for x in self.point(step, start, rate))

    def factor(self, step: int, start: float, rate: float) -> Bounds | None:
        """f(x_k)/f(x_{k−1}), about 1 − power/k: what step k leaves of the loss; raises what `point` does.

        Returns:
            The bounds; None if x_{k−1} may lie before `rising_from`, where bounds of it give none of this.
        """
        before = self.point(step - 1, start, rate)
        if before[0] < min(self.rising_from, before[1]):
            return None
        return _between(self.height(x - rate * self.slope(x)) / self.height(x) for x in before)

    def doubling(self, step: int, start: float, rate: float) -> Bounds:
        """f(x_h)/f(x_k) → 2^power with h = k/2, rounded down; raises what `point` does."""
        half, whole = self.loss(step // 2, start, rate), self.loss(step, start, rate)
        return half[0] / whole[1], half[1] / whole[0]


QUARTIC = Law(quartic, lambda x: x**4 / 4, lambda x: x**3, power=2, constant=1 / 16, rising_from=0.0)
# What a step δ = ησ(−w) leaves of f rises with w if (1 − δσ(w)) h(w + δ) ≤ h(w), with h = −f′/f. Since
# 1 − δσ ≤ e^(−δσ) and (ln h)′ = h − σ, it does if h − σ is at most σ(w) from w on: from −0.9 on h − σ falls,
# and there it is 0.284, σ 0.289.
LOGISTIC = Law(
    logistic,
    lambda w: math.log1p(math.exp(-w)),
    lambda w: -1 / (1 + math.exp(w)),
    power=1,
    constant=1,
    rising_from=-0.9,
)


def _between(ends: Iterable[float]) -> Bounds:
    low, high = sorted(ends)
    return low, high


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
