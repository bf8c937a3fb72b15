"""Momentum as a ball that rolls with friction: which well it ends in.

PyTorch's v ← βv + f′(x), x ← x − ηv says (x_{k+1} − 2x_k + x_{k−1})/η + (1 − β)(x_k − x_{k−1})/η = −f′(x_k).
With the time t = k√η these are a second and a first difference: for small steps x″ + γx′ + f′(x) = 0, a ball
of mass 1 with friction γ = (1 − β)/√η (Polyak 1964). f is a polynomial, as in `wells`.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import takewhile

from zoo.errors import InputError
from zoo.theory.checks import (
    require_at_least,
    require_below_one,
    require_finite,
    require_not_negative,
    require_positive,
)
from zoo.theory.wells import curvatures, polynomial, wells


def friction(rate: float, momentum: float) -> float:
    """γ = (1 − β)/√η.

    Raises:
        InputError: rate is not positive, or momentum not in [0, 1).
    """
    require_positive(rate=rate)
    require_below_one(momentum=momentum)
    return (1 - momentum) / math.sqrt(rate)


def friction_error(rate: float, momentum: float, curvature: float) -> float:
    """(1 − β)/2 + ηλ/10: by how much of itself γ may be wrong for steps that are small, not infinitely small.

    The first difference is taken half a step late, which makes the ball's mass (1 + β)/2: γ is wrong by
    (1 − β)/4 of itself, and twice that is allowed for. The rest is of second order in the step √(ηλ), which
    is measured against the time of the fastest swing, 1/√λ. λ is curvature, the
    largest on the way.
    """
    require_positive(rate=rate, curvature=curvature)
    require_below_one(momentum=momentum)
    return (1 - momentum) / 2 + rate * curvature / 10


def sharpest(coefficients: Sequence[float], start: float) -> float:
    """λ, the largest f″ that a ball from start can meet: where f is no higher than there.

    Raises:
        InputError: start is not finite, f has no lowest point, or λ is above 10⁴: what is so steep takes too
            many steps to follow.
    """
    require_finite(start=start)
    f, outer = polynomial(coefficients), [well.minimum for well in wells(coefficients)]
    reached = [start, *outer, *(x.real for x in map(complex, (f - f(start)).roots()) if abs(x.imag) < 1e-6)]
    largest = curvatures(coefficients, min(reached), max(reached))[1]
    if largest > 1e4:
        raise InputError(f"start is {start:g}, where f″ reaches {largest:.2g}; start where it is below 10⁴")
    return largest


def roll(
    coefficients: Sequence[float], start: float, friction: float
) -> Iterator[tuple[float, float, float]]:
    """t, x and x′ of x″ = −γx′ − f′(x), released at rest from start, for ever: Runge–Kutta of fourth order.

    Its steps are 1/50 of the shortest time in play, 1/√f″ or 1/γ, so its error is about 50⁻⁴ of 1.

    Raises:
        InputError: friction is negative, or what `sharpest` refuses.
    """
    require_not_negative(friction=friction)
    dt = 1 / (50 * max(math.sqrt(sharpest(coefficients, start)), friction))
    slopes = [float(c) for c in polynomial(coefficients).deriv().coef[::-1]]

    def pull(x: float, v: float) -> float:
        slope = 0.0
        for c in slopes:
            slope = slope * x + c
        return -friction * v - slope

    t, x, v = 0.0, float(start), 0.0
    while True:
        yield t, x, v
        a1 = pull(x, v)
        v2, a2 = v + dt / 2 * a1, pull(x + dt / 2 * v, v + dt / 2 * a1)
        v3, a3 = v + dt / 2 * a2, pull(x + dt / 2 * v2, v + dt / 2 * a2)
        v4, a4 = v + dt * a3, pull(x + dt * v3, v + dt * a3)
        t, x, v = t + dt, x + dt / 6 * (v + 2 * v2 + 2 * v3 + v4), v + dt / 6 * (a1 + 2 * a2 + 2 * a3 + a4)


def trapped(coefficients: Sequence[float], x: float, velocity: float) -> float | None:
    """The minimum of the well around x, if f(x) + ½x′² is below its rims: it never leaves. Else None."""
    f = polynomial(coefficients)
    for well in wells(coefficients):
        if well.left_rim < x < well.right_rim:
            rims = [f(rim) for rim in well[1:] if math.isfinite(rim)]
            return well.minimum if f(x) + velocity**2 / 2 < min(rims, default=math.inf) else None
    return None


def frictions(coefficients: Sequence[float], start: float, rate: float, momentum: float) -> list[float]:
    """γ (1 − e), γ and γ (1 + e) with e from `friction_error`: what is so for all of them is sure.

    Raises:
        InputError: e is above ¼, or what `sharpest` refuses.
    """
    gamma, error = friction(rate, momentum), friction_error(rate, momentum, sharpest(coefficients, start))
    if error > 0.25:
        raise InputError(f"lr is {rate} and momentum {momentum}; such steps make no ball that rolls")
    return [gamma * (1 - error), gamma, gamma * (1 + error)]


def final_well(
    coefficients: Sequence[float], start: float, rate: float, momentum: float, steps: int
) -> float:
    """The minimum of the well in which the ball is trapped after K steps, whatever γ within its error.

    Raises:
        InputError: the ball still rolls after nine tenths of the steps, the well depends on γ within its
            error, so that β is too near a value at which it changes, or what `frictions` refuses.
    """
    require_at_least(1, steps=steps)
    end, found = 0.9 * steps * math.sqrt(rate), set()
    for gamma in frictions(coefficients, start, rate, momentum):
        x, v = next((x, v) for t, x, v in roll(coefficients, start, gamma) if t >= end)
        found.add(trapped(coefficients, x, v))
    if len(found) > 1:
        raise InputError(f"momentum is {momentum}, too near a value at which the ball changes wells")
    minimum = found.pop()
    if minimum is None:
        raise InputError(f"momentum is {momentum}; after {steps} steps the ball may still roll")
    return minimum


def farthest(coefficients: Sequence[float], start: float, friction: float, end: float) -> float:
    """The lowest x until the time t = end, if the ball sets off towards lower x; the highest x, if not.

    Height and speed together only fall, so it is where the first swing turns, if that is by then.
    """
    path = [x for _, x, _ in takewhile(lambda place: place[0] <= end, roll(coefficients, start, friction))]
    return min(path) if polynomial(coefficients).deriv()(start) > 0 else max(path)


def farthest_point(
    coefficients: Sequence[float], start: float, rate: float, momentum: float, steps: int
) -> tuple[float, float]:
    """`farthest` in K steps; and how far it may be off, by the error of γ and by what is between two steps.

    Near its turn, t before or after, the ball is ½|f′|t² from it; a step takes √η, and one of them comes
    within t = ½√η.

    Raises:
        InputError: γ is below 0.4√(ηλ): errors of the steps that friction usually makes good would count, or
            what `frictions` refuses.
    """
    if friction(rate, momentum) < 0.4 * math.sqrt(rate * sharpest(coefficients, start)):
        raise InputError(f"lr is {rate} and momentum {momentum}; so little friction forgets no error")
    end = steps * math.sqrt(rate)
    low, middle, high = (
        farthest(coefficients, start, gamma, end) for gamma in frictions(coefficients, start, rate, momentum)
    )
    between = rate * abs(float(polynomial(coefficients).deriv()(middle))) / 8
    return middle, max(abs(low - middle), abs(high - middle)) + between


def rim_ahead(coefficients: Sequence[float], start: float) -> float:
    """The rim of the well around start on the side to which a ball sets off; infinite if there is none.

    Raises:
        InputError: start is a stationary point.
    """
    slope = float(polynomial(coefficients).deriv()(start))
    if abs(slope) < 1e-9:
        raise InputError(f"start is {start}, where it is level; a ball at rest there does not roll")
    well = next(w for w in wells(coefficients) if start < w.right_rim)
    return well.left_rim if slope > 0 else well.right_rim


def clears_rim(
    coefficients: Sequence[float], start: float, rate: float, momentum: float, critical: float
) -> bool:
    """Whether γ < γ_c: the ball gets over `rim_ahead`.

    Raises:
        InputError: that depends on γ within its error, or what `frictions` refuses.
    """
    found = {gamma < critical for gamma in frictions(coefficients, start, rate, momentum)}
    if len(found) > 1:
        raise InputError(f"momentum is {momentum}, too near a value at which the ball clears the rim")
    return found.pop()


def critical_friction(coefficients: Sequence[float], start: float) -> float:
    """γ_c: with less friction the first swing carries the ball over the rim ahead, with more it does not.

    There is one such γ: at every x of a first swing the ball is faster the less friction there is. Found by
    halving an interval until it is 10⁻⁶ wide. In terms of `friction` it is the momentum β_c = 1 − γ_c√η.

    Raises:
        InputError: start is too low to reach the rim even without friction, or what `rim_ahead` refuses.
    """
    f, rim = polynomial(coefficients), rim_ahead(coefficients, start)
    way = math.copysign(1.0, rim - start)
    top = float(f(rim)) if math.isfinite(rim) else math.inf

    def leaves(friction: float) -> bool:
        path = roll(coefficients, start, friction)
        x = next(x for _, x, v in path if way * x > way * rim or f(x) + v**2 / 2 < top)
        return way * x > way * rim

    low, high = 0.0, 1.0
    if not leaves(low):
        raise InputError(f"start is {start}; from there no ball gets over a rim, even without friction")
    while leaves(high):
        low, high = high, 2 * high
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if leaves(middle) else (low, middle)
    return low
