"""Minima that a large rate cannot hold: what gradient descent does near them instead.

A step is x ← F(x) with F(x) = x − ηf′(x), and F′ = 1 − ηf″ is what becomes of a small distance. At a minimum
it is below −1 for η > 2/f″: the point jumps across, farther every time, until f grows flatter. f is a
polynomial, as in `wells`.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from numpy.polynomial import Polynomial

from zoo.errors import InputError
from zoo.theory.checks import require_at_least, require_positive
from zoo.theory.wells import curvature, curvatures, polynomial, wells


class Cycle(NamedTuple):
    """Two points that a step exchanges; two steps multiply a small distance from them by the multiplier."""

    low: float
    high: float
    multiplier: float


def nearest_minimum(coefficients: Sequence[float], x: float) -> float:
    """The minimum of f that is nearest to x."""
    return min((well.minimum for well in wells(coefficients)), key=lambda minimum: abs(minimum - x))


def _beside_minimum(coefficients: Sequence[float], start: float) -> tuple[float, float]:
    """The minimum nearest to start, and how far it is.

    Raises:
        InputError: that is less than 10⁻¹², where rounding of the minimum and of start decides.
    """
    minimum = nearest_minimum(coefficients, start)
    distance = abs(start - minimum)
    if distance < 1e-12:
        raise InputError(f"start is {start}, within {distance:.2g} of a minimum; choose 1e-12 or more")
    return minimum, distance


def first_factor(coefficients: Sequence[float], start: float, rate: float) -> tuple[float, float]:
    """1 − ηf″(m): what the first step makes of the distance from the minimum m; and how far it may be off.

    With d = x − m, f′(x) is f″(m) d + ½f‴ d², f‴ being taken somewhere between: the factor may be off by
    ½η|f‴||d|. 10⁻¹⁴/|d| is added, for the rounding of m and of x.

    Raises:
        InputError: start is within 10⁻¹² of the minimum, or rate is not positive.
    """
    require_positive(rate=rate)
    minimum, distance = _beside_minimum(coefficients, start)
    f, (low, high) = polynomial(coefficients), sorted((minimum, start))
    bends = [x.real for x in map(complex, f.deriv(4).roots()) if low < x.real < high]
    third = max(abs(float(f.deriv(3)(x))) for x in (low, high, *bends))
    error = rate * third * distance / 2 + 1e-14 / distance
    return 1 - rate * curvature(coefficients, minimum), error


def contraction(coefficients: Sequence[float], minimum: float, start: float, rate: float) -> float:
    """ρ = max |1 − ηf″| from start to its mirror image in the minimum: a step shrinks the distance by it.

    It can be below 1 only for η < 2/f″ at the minimum itself.
    """
    low, high = sorted((start, 2 * minimum - start))
    return max(abs(1 - rate * bend) for bend in curvatures(coefficients, low, high))


def two_cycle(coefficients: Sequence[float], minimum: float, rate: float) -> Cycle:
    """F(F(x)) = x where F(x) ≠ x: the two points around a minimum between which descent jumps for ever.

    Where F falls all the way from one to the other it maps that interval into itself, and F∘F rises there: so
    every start in it, but for the minimum, ends on the two. (May 1976)

    Raises:
        InputError: there are no two such points, they do not attract, or F does not fall between them.
    """
    require_positive(rate=rate)
    identity = Polynomial([0.0, 1.0])
    step = identity - rate * polynomial(coefficients).deriv()
    returning = [x.real for x in map(complex, (step(step) - identity).roots()) if abs(x.imag) < 1e-9]
    jumping = [x for x in returning if abs(step(x) - x) > 1e-6]
    below, above = [x for x in jumping if x < minimum], [x for x in jumping if x > minimum]
    if below and above:
        low, high = max(below), min(above)
        multiplier = float(step.deriv()(low) * step.deriv()(high))
        falling = rate * curvatures(coefficients, low, high)[0] > 1
        if abs(step(low) - high) < 1e-6 and falling and multiplier < 1:
            return Cycle(low, high, multiplier)
    raise InputError(f"the learning rate is {rate}; near x = {minimum:g} no law says what it leads to")


def last_jump(coefficients: Sequence[float], start: float, rate: float, steps: int) -> tuple[float, float]:
    """|x_K − x_{K−1}| near a minimum: 0 or the width of a cycle; and how far K steps may leave it from that.

    With ρ < 1 the distance is at most ρ^K of what it was. Else it grows, while small, by |1 − ηf″| a step,
    and then a cycle's multiplier draws the point nearer every two steps; ten widths are allowed for the way
    from the one to the other. 10⁻¹² is added, for rounding.

    Raises:
        InputError: start is within 10⁻¹² of the minimum, neither law reaches as far as start, or K steps
            leave more than a thousandth.
    """
    require_at_least(1, steps=steps)
    minimum, distance = _beside_minimum(coefficients, start)
    away = 0.0  # steps until it has left the minimum
    shrinks = contraction(coefficients, minimum, start, rate)
    if shrinks < 1:
        width, left = 0.0, 2 * distance * shrinks ** (steps - 1)
    else:
        cycle = two_cycle(coefficients, minimum, rate)
        if not cycle.low < start < cycle.high:
            raise InputError(f"start is {start}; the law holds from {cycle.low:.4g} to {cycle.high:.4g}")
        width = cycle.high - cycle.low
        away = math.log(width / distance) / math.log(rate * curvature(coefficients, minimum) - 1)
        left = 10 * width * cycle.multiplier ** ((steps - away) / 2)
    if left > 1e-3:
        more = (
            f"about {away:.0f} go by until it has left" if steps <= away else f"they leave {left:.2g} to go"
        )
        raise InputError(f"steps is {steps}; from x = {start:g} {more}; raise data.count")
    return width, left + 1e-12
