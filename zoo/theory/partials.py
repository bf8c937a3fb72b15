"""Partial derivatives and what they add up to, for polynomials f(x, y) = Σ c xⁱ yʲ of two variables.

A term is (c, i, j). Slopes are per unit of length, and the answer to "which way is steepest?" depends on how
length is measured: the Euclidean answer is the gradient, others are its dual norms (Boyd & Vandenberghe 2004,
section 9.4).
"""

import math
from collections.abc import Sequence
from typing import Literal

from zoo.errors import InputError
from zoo.theory.checks import require_finite, require_positive
from zoo.theory.rounding import UNIT

Term = Sequence[float]
Norm = Literal["euclidean", "largest", "sum"]


def partial(terms: Sequence[Term], x: float, y: float, *, by_x: int = 0, by_y: int = 0) -> float:
    """∂^(m+n) f / ∂xᵐ ∂yⁿ: the power rule in one variable, while the other stays a constant.

    Args:
        terms: (c, i, j) each, with whole exponents of 0 or more.
        x, y: where.
        by_x, by_y: m and n; both 0 is f itself.

    Raises:
        InputError: a term is not three finite numbers, an exponent is not a whole number of 0 or more, or the
            result is too large for float64.
    """
    require_finite(x=x, y=y)
    found = 0.0
    try:
        for c, i, j in map(_checked, terms):
            if i >= by_x and j >= by_y:
                found += c * math.perm(i, by_x) * x ** (i - by_x) * math.perm(j, by_y) * y ** (j - by_y)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        raise InputError(f"f, or a derivative of it, is too large for float64 at ({x:g}, {y:g})")
    return found


def _checked(term: Term) -> tuple[float, int, int]:
    if len(term) != 3 or not all(math.isfinite(number) for number in term):
        raise InputError(f"a term is {list(term)}; it must be [c, i, j], for c xⁱ yʲ")
    c, i, j = term
    if i < 0 or j < 0 or i != int(i) or j != int(j):
        raise InputError(f"a term is {list(term)}; its exponents must be whole numbers of 0 or more")
    return c, int(i), int(j)


def gradient(terms: Sequence[Term], x: float, y: float) -> tuple[float, float]:
    """∇f = (∂f/∂x, ∂f/∂y).

    Raises:
        InputError: as `partial`.
    """
    return partial(terms, x, y, by_x=1), partial(terms, x, y, by_y=1)


def curvature_bound(terms: Sequence[Term], x: float, y: float, radius: float) -> float:
    """A bound on |uᵀHu|, u of Euclidean length 1, at all points not further than radius from (x, y).

    |f_xx| + 2|f_xy| + |f_yy| of the polynomial with its terms made positive, at |x| + radius, |y| + radius.

    Raises:
        InputError: as `partial`.
    """
    positive = [(abs(c), i, j) for c, i, j in map(_checked, terms)]
    far = abs(x) + radius, abs(y) + radius
    return (
        partial(positive, *far, by_x=2)
        + 2 * partial(positive, *far, by_x=1, by_y=1)
        + partial(positive, *far, by_y=2)
    )


def rounding(terms: Sequence[Term], x: float, y: float) -> float:
    """How far two ways of computing f, or a partial derivative of it, may differ near (x, y), in float64.

    Eight roundings a term, of the largest that f, ∂f/∂x or ∂f/∂y would be with all its terms positive, no
    further than 1 from (x, y).

    Raises:
        InputError: as `partial`.
    """
    positive = [(abs(c), i, j) for c, i, j in map(_checked, terms)]
    far = abs(x) + 1, abs(y) + 1
    return 8 * len(terms) * UNIT * max(partial(positive, *far), *gradient(positive, *far))


def slope_error(terms: Sequence[Term], x: float, y: float, reach: float) -> float:
    """How far (f(p + r u) − f(p)) / r may lie from ∇f · u, for u of length 1, p = (x, y) and r the reach.

    ½ r |uᵀHu|, which a straight line leaves out (`curvature_bound`), and roundings of f, divided by r.

    Raises:
        InputError: as `partial`, or the reach is not positive.
    """
    require_positive(reach=reach)
    return reach * curvature_bound(terms, x, y, reach) / 2 + 4 * rounding(terms, x, y) / reach


def steepest_slope(g: tuple[float, float], norm: Norm) -> float:
    """max g·u over all u of length 1: the dual norm of g.

    Euclidean length: ‖g‖₂, along g. Length as the largest |entry|: |g_x| + |g_y|, along (±1, ±1), the signs
    of g. Length as the sum of |entries|: the larger of |g_x| and |g_y|, along that axis alone.
    """
    return {"euclidean": math.hypot(*g), "largest": abs(g[0]) + abs(g[1]), "sum": max(map(abs, g))}[norm]


def signs_angle(g: tuple[float, float]) -> float:
    """arccos((|g_x| + |g_y|) / (√2 ‖g‖₂)), in radians: from g to the signs of g, (±1, ±1).

    So far is the steepest step from the gradient, where a step is as long as its largest |entry|.
    """
    return abs(math.atan2(abs(g[1]), abs(g[0])) - math.pi / 4)
