"""Wells: where gradient descent along one coordinate ends.

A height is a polynomial f(x) = Σ c_k x^k, given by its coefficients c, constant first. A well is a minimum
with all that drains into it; its rims are the maxima beside it. A step of descent is x ← F(x) with
F(x) = x − ηf′(x): its fixed points are the stationary points of f.
"""

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import torch
from numpy.polynomial import Polynomial
from torch import Tensor

from zoo.errors import InputError
from zoo.theory.checks import require_at_least, require_finite, require_positive
from zoo.theory.rounding import UNIT

Kind = Literal["minimum", "maximum", "undecided"]


class Well(NamedTuple):
    """A minimum, and the maxima beside it: infinite where there is none."""

    minimum: float
    left_rim: float
    right_rim: float


def polynomial(coefficients: Sequence[float]) -> Polynomial:
    """f as a function that can be differentiated and solved.

    Raises:
        InputError: a coefficient is not finite, or f is a constant or a straight line: it has no minimum.
    """
    require_finite(**{f"coefficients[{k}]": c for k, c in enumerate(coefficients)})
    f = Polynomial(coefficients).trim()
    if f.degree() < 2:
        raise InputError(f"coefficients are {list(coefficients)}; a straight line has no minimum")
    return f


def stationary_points(coefficients: Sequence[float]) -> list[tuple[float, Kind]]:
    """f′(x) = 0, from left to right: a minimum where f″ > 0, a maximum where f″ < 0, undecided where f″ = 0.

    Undecided too where two of them are so near each other (1 in 10⁴) that rounding would decide.
    """
    f = polynomial(coefficients)
    roots = [complex(root) for root in f.deriv().roots()]
    close = 1e-4 * max(map(abs, roots))
    kinds: list[tuple[float, Kind]] = []
    for root in roots:
        if abs(root.imag) <= close:  # of a root that is not simple rounding makes complex ones
            simple = sum(abs(root - other) <= close for other in roots) == 1
            kind: Kind = "minimum" if f.deriv(2)(root.real) > 0 else "maximum"
            kinds.append((root.real, kind if simple else "undecided"))
    return sorted(kinds)


def wells(coefficients: Sequence[float]) -> list[Well]:
    """Every minimum with its rims, from left to right.

    Raises:
        InputError: f has no lowest point, or f″ is 0 at a stationary point, where it decides nothing.
    """
    points = stationary_points(coefficients)
    if any(kind == "undecided" for _, kind in points):
        raise InputError(
            f"coefficients are {list(coefficients)}; f″ = 0 at a stationary point decides nothing"
        )
    if {kind for _, kind in points[:1] + points[-1:]} != {"minimum"}:
        raise InputError(f"coefficients are {list(coefficients)}; such a polynomial has no lowest point")
    xs = [-math.inf, *(x for x, _ in points), math.inf]  # minima and maxima take turns
    return [Well(xs[i], xs[i - 1], xs[i + 1]) for i in range(1, len(xs), 2)]


def deepest(coefficients: Sequence[float]) -> Well:
    """The well of the global minimum.

    Raises:
        InputError: two wells are equally deep, or what `wells` refuses.
    """
    f = polynomial(coefficients)
    best, *others = sorted(wells(coefficients), key=lambda well: f(well.minimum))
    if others and math.isclose(f(best.minimum), f(others[0].minimum), rel_tol=1e-9, abs_tol=1e-12):
        raise InputError(f"the minima {best.minimum:g} and {others[0].minimum:g} are equally deep")
    return best


def curvature(coefficients: Sequence[float], x: float) -> float:
    """f″(x)."""
    return float(polynomial(coefficients).deriv(2)(x))


def curvatures(coefficients: Sequence[float], low: float, high: float) -> tuple[float, float]:
    """The smallest and the largest f″ on [low, high]: at its ends, or where f‴ = 0.

    Raises:
        InputError: f″ leaves float64 there.
    """
    f = polynomial(coefficients)
    bends = [x.real for x in map(complex, f.deriv(3).roots()) if low < x.real < high and abs(x.imag) < 1e-9]
    with np.errstate(over="ignore", invalid="ignore"):
        found = [float(f.deriv(2)(x)) for x in (low, high, *bends)]
    if not all(map(math.isfinite, found)):
        raise InputError(f"f″ leaves float64 between {low:g} and {high:g}; choose starts nearer to 0")
    return min(found), max(found)


def largest_orderly_rate(coefficients: Sequence[float], low: float, high: float) -> float:
    """1/max f″ on [low, high] and as far as the outer minima: for a smaller η, F is increasing there.

    Then no two points change places, none steps over a fixed point, and none leaves that interval.
    """
    found = wells(coefficients)
    return 1 / curvatures(coefficients, min(low, found[0].minimum), max(high, found[-1].minimum))[1]


def basin_share(well: Well, low: float, high: float) -> float:
    """The length between a well's rims, as a share of [low, high]: η is not in it.

    It is the share of starts from which descent ends in the well, for η below `largest_orderly_rate`: rims
    are fixed points, so no start can step over one, and between two rims a step leads towards the minimum.

    Raises:
        InputError: low is not below high.
    """
    if not low < high:
        raise InputError(f"low is {low} and high is {high}; low must be below high")
    return max(0.0, min(well.right_rim, high) - max(well.left_rim, low)) / (high - low)


def best_of(share: float, starts: int) -> float:
    """1 − (1 − p)^k: the chance that of k independent starts, each of which succeeds with chance p, one does.

    Raises:
        InputError: share is not in [0, 1], or starts is below 1.
    """
    if not 0 <= share <= 1:
        raise InputError(f"share is {share}; it must lie between 0 and 1")
    require_at_least(1, starts=starts)
    return 1 - (1 - share) ** starts


def settling_steps(coefficients: Sequence[float], starts: Tensor, rate: float, radius: float) -> int:
    """How many steps x ← F(x) the slowest of the starts needs to within radius of a minimum.

    There is no closed form: the recursion is run in plain numbers, for 10 000 steps at most.

    Raises:
        InputError: rate or radius is not positive, a start lies on a rim, or not all have settled by then.
    """
    require_positive(rate=rate, radius=radius)
    found, slope = wells(coefficients), polynomial(coefficients).deriv()
    x = starts.detach().double().flatten()
    for well in found[1:]:
        if bool((x - well.left_rim).abs().min() < 1e-9):
            raise InputError(f"a start lies on the maximum {well.left_rim:g}, where rounding would decide")
    minima = torch.tensor([well.minimum for well in found], dtype=torch.float64)
    for step in range(10_001):
        if bool(((x[:, None] - minima).abs().amin(dim=1) < radius).all()):
            return step
        x = x - rate * torch.from_numpy(slope(x.numpy()))
    raise InputError(f"rate is {rate}; 10 000 steps do not bring every start to a minimum")


def leaving_steps(
    coefficients: Sequence[float], start: float, rate: float, distance: float
) -> tuple[float, float]:
    """ln(D/d)/ln(1 + ηλ), λ = −f″: steps from a start d off a maximum to a distance D; and the error of that.

    A step multiplies the distance by 1 − ηf″ at a place in between, so the largest and the least λ within D
    give bounds; steps are whole, which adds 1. The error is infinite if f″ is not negative throughout.

    Raises:
        InputError: rate is not positive, there is no maximum, or start is none of 0 to D from the nearest.
    """
    require_positive(rate=rate)
    rims = [well.left_rim for well in wells(coefficients)[1:]]
    rim = min(rims, key=lambda rim: abs(rim - start), default=math.inf)
    if not 0 < abs(start - rim) < distance:
        raise InputError(f"start is {start}; it must be beside a maximum, within {distance:g}; f has {rims}")
    bends = (curvature(coefficients, rim), *curvatures(coefficients, rim - distance, rim + distance))
    if max(bends) >= 0:
        return math.nan, math.inf
    way = math.log(distance / abs(start - rim))
    steps, soonest, latest = (way / math.log1p(-rate * bend) for bend in bends)
    return steps, max(steps - soonest, latest - steps) + 1


def rounding_drift(coefficients: Sequence[float], maximum: float, rate: float, steps: int) -> float:
    """(s/λ + ε/ηλ)(1 + ηλ)^K: how far rounding can carry a point off a maximum in K steps, λ = −f″ there.

    s bounds the error of a computed f′, and s/λ that of the maximum's own place; ε = ηs + u|x|, with
    u = 2⁻⁵³, comes in at every step; and every error is multiplied by 1 + ηλ at each step after it.

    Raises:
        InputError: rate is not positive, steps is negative, there is no such maximum, or rounding may have
            carried the point off: by more than a thousandth.
    """
    rims = [well.left_rim for well in wells(coefficients)[1:]]
    if all(abs(maximum - rim) > 1e-12 for rim in rims):
        raise InputError(f"one point alone starts at {maximum}; it must be a maximum, of which f has {rims}")
    steepness = -curvature(coefficients, maximum)
    require_positive(rate=rate)
    require_at_least(0, steps=steps)
    terms = [abs(k * c * maximum ** (k - 1)) for k, c in enumerate(coefficients) if k]
    slope_error = 2 * len(terms) * UNIT * sum(terms)  # a product and a sum for each term
    each_step = rate * slope_error + UNIT * abs(maximum)
    exponent = steps * math.log1p(rate * steepness)
    drift = (slope_error + each_step / rate) / steepness * math.exp(min(exponent, 700.0))
    if drift > 1e-3:
        raise InputError(f"steps is {steps}, in which rounding alone may leave the maximum {maximum:g}")
    return drift
