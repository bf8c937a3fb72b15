"""What derivatives say of f near a point, for polynomials f(x) = Σ c_k x^k, constant first: all of it exact.

    f(x + h) = f(x) + f′(x) h + f″(x) h²/2 + f‴(x) h³/6 + …

breaks off for a polynomial, so the error of every approximation is known, not only its order. (Taylor 1715.)
"""

import math
from collections.abc import Sequence
from typing import Literal

from zoo.errors import InputError
from zoo.theory.checks import require_at_least, require_finite

Behaviour = Literal["rises", "falls", "minimum", "maximum", "inflection", "constant"]


def derivative(coefficients: Sequence[float], x: float, order: int = 1) -> float:
    """f⁽ᵐ⁾(x) = Σ k (k−1) … (k−m+1) c_k x^(k−m): the power rule m times, term by term.

    Args:
        coefficients: c_k, constant first.
        x: where.
        order: m; 0 is f itself.

    Raises:
        InputError: order is negative, or x or a coefficient is not finite.
    """
    require_at_least(0, order=order)
    require_finite(x=x, **{f"coefficients[{k}]": c for k, c in enumerate(coefficients)})
    terms = (math.perm(k, order) * c * x ** (k - order) for k, c in enumerate(coefficients) if k >= order)
    return math.fsum(terms)


def remainder(coefficients: Sequence[float], x: float, h: float, order: int) -> float:
    """f(x + h) − Σ_{m ≤ order} f⁽ᵐ⁾(x) hᵐ/m!: what the Taylor polynomial of that order leaves over.

    Summed from the terms that were left out, so that nothing cancels.

    Raises:
        InputError: order is negative, or a number is not finite.
    """
    require_finite(h=h)
    rest = range(order + 1, len(coefficients))
    return math.fsum(derivative(coefficients, x, m) * h**m / math.factorial(m) for m in rest)


def leading_order(coefficients: Sequence[float], x: float, order: int) -> int | None:
    """The smallest m > order with f⁽ᵐ⁾(x) ≠ 0: the remainder falls as hᵐ. None, if there is none left.

    Raises:
        InputError: order is negative, or a number is not finite.
    """
    rest = range(order + 1, len(coefficients))
    return next((m for m in rest if derivative(coefficients, x, m) != 0), None)


def log_slope(coefficients: Sequence[float], x: float, h: float, order: int) -> float:
    """The slope of ln|remainder| against ln h from h/10 to h: `leading_order`, but for the terms after it.

    Raises:
        InputError: the remainder is 0 at h or h/10, which has no logarithm; or a number is not finite.
    """
    far, near = (remainder(coefficients, x, step, order) for step in (h, h / 10))
    if far == 0 or near == 0:
        raise InputError(f"h is {h}; there the Taylor polynomial of order {order} leaves nothing over")
    return math.log10(abs(far / near))


def behaviour(coefficients: Sequence[float], x: float) -> Behaviour:
    """What f does at x, from the first derivative that is not 0 there.

    f′ ≠ 0: it rises or falls. Else the first that is not 0 decides: of even order, f turns round, a minimum
    where it is positive; of odd order f goes on, and x is an inflection. f′ = 0 alone does not tell.

    Raises:
        InputError: a number is not finite.
    """
    order = leading_order(coefficients, x, 0)
    if order is None:
        return "constant"
    positive = derivative(coefficients, x, order) > 0
    if order == 1:
        return "rises" if positive else "falls"
    if order % 2:
        return "inflection"
    return "minimum" if positive else "maximum"
