"""How far a difference quotient is off: by what a large h leaves out of f, by roundings where h is small.

    (f(x + h) − f(x))/h = f′ + f″ h/2 + …          forward: one-sided, off by something like h
    (f(x + h) − f(x − h))/2h = f′ + f‴ h²/6 + …    central: the h/2 of both sides cancel

is Taylor's theorem; and each value of f carries a rounding of up to u|f|, which the division by h makes
larger. u is the unit roundoff, half the distance from 1 to the next number. (Nocedal & Wright 2006, section
8.1)
"""

import math
from dataclasses import dataclass
from typing import Literal, get_args

from zoo.errors import InputError
from zoo.theory import taylor
from zoo.theory.checks import require_at_least, require_finite, require_positive
from zoo.theory.rounding import UNIT

FunctionName = Literal["exp", "sin", "sigmoid", "cubed_bowl"]
Kind = Literal["forward", "central"]
Precision = Literal["float64", "float32"]
UNIT_ROUNDOFF: dict[Precision, float] = {"float64": UNIT, "float32": 2.0**-24}

_CUBED_BOWL = (1.0, 0.0, 3.0, 0.0, 3.0, 0.0, 1.0)  # (x² + 1)³ multiplied out, constant first


def derivative(name: FunctionName, x: float, order: int = 1) -> float:
    """f⁽ᵐ⁾(x) by hand: eˣ is its own, sin goes round in four, σ′ = σ − σ², (x² + 1)³ is a polynomial.

    Args:
        name: f is exp, sin, the sigmoid σ(x) = 1/(1 + e⁻ˣ), or cubed_bowl, (x² + 1)³.
        x: where.
        order: m; 0 is f itself.

    Raises:
        InputError: no function has that name, order is negative, or x is not finite.
    """
    require_finite(x=x)
    require_at_least(0, order=order)
    if name == "exp":
        return math.exp(x)
    if name == "sin":
        return (math.sin(x), math.cos(x), -math.sin(x), -math.cos(x))[order % 4]
    if name == "sigmoid":
        return _sigmoid_derivative(x, order)
    if name == "cubed_bowl":
        return taylor.derivative(_CUBED_BOWL, x, order)
    raise InputError(f"function is {name!r}; choose one of {', '.join(get_args(FunctionName))}")


def _sigmoid_derivative(x: float, order: int) -> float:
    """P_m(σ(−|x|)), with P_0 = s and P_{m+1} = P_m′ (s − s²), which does not cancel where s ≤ ½.

    σ(x) − ½ is odd, so for x > 0 the derivatives of even order change their sign.
    """
    tail = math.exp(-abs(x))
    if order == 0:
        return (1 if x > 0 else tail) / (1 + tail)
    s, p = tail / (1 + tail), [0.0, 1.0]  # p is P_m, constant first
    for _ in range(order - 1):
        slope = [k * c for k, c in enumerate(p)][1:]
        p = [a - b for a, b in zip([0.0, *slope, 0.0], [0.0, 0.0, *slope], strict=True)]
    size = (s - s * s) * taylor.derivative(p, s)
    return -size if x > 0 and order % 2 == 0 else size


@dataclass(frozen=True)
class ErrorLaw:
    """E(h) = a hᵖ + b/h: what a difference quotient is off by, at most, to leading order in h.

    Attributes:
        power: p, 1 for the forward and 2 for the central difference.
        truncation: a, |f″|/2 or |f‴|/6.
        rounding: b, 2u|f| or u|f|: two values of f, divided by h or by 2h.
        next_term: c, |f‴/3f″| or |f⁽⁵⁾/20f‴|; the first Taylor term left out is the share c hᵖ of a hᵖ.
    """

    power: int
    truncation: float
    rounding: float
    next_term: float

    def error(self, h: float) -> float:
        """E(h) = a hᵖ + b/h.

        Raises:
            InputError: h is not positive.
        """
        require_positive(h=h)
        return self.truncation * math.pow(h, self.power) + self.rounding / h

    @property
    def best_step(self) -> float:
        """h = (b/pa)^(1/(p+1)), where E′ = 0: 2 √(u|f/f″|) forward, (3u|f/f‴|)^⅓ central."""
        return math.pow(self.rounding / (self.power * self.truncation), 1 / (self.power + 1))

    @property
    def best_error(self) -> float:
        """E there, (1 + 1/p) b/h: 2 √(u|f f″|) forward, 3/2 · 3^(−⅓) (u|f|)^⅔ |f‴|^⅓ central."""
        return (1 + 1 / self.power) * self.rounding / self.best_step

    def left_out(self, h: float) -> float:
        """c hᵖ: how much the next Taylor term changes a hᵖ, as a share of it.

        Raises:
            InputError: h is not positive.
        """
        require_positive(h=h)
        return self.next_term * math.pow(h, self.power)


def error_law(kind: Kind, name: FunctionName, point: float, u: float, reach: float = 3.0) -> ErrorLaw:
    """The law of one difference quotient for one function at one point.

    Args:
        kind: forward or central.
        name: as in `derivative`.
        point: x.
        u: the unit roundoff of the numbers that f is computed in.
        reach: up to how many best steps the law has to hold.

    Raises:
        InputError: something else makes the error at this point: f or the derivative in the law is 0; within
            ``reach`` the next Taylor term is more than a tenth of it; or no value of f needs rounding. Or
            what `derivative` refuses; or u or reach is not positive.
    """
    if kind not in get_args(Kind):
        raise InputError(f"kind is {kind!r}; choose one of {', '.join(get_args(Kind))}")
    require_positive(u=u, reach=reach)
    f, f1, f2, f3, _, f5 = (derivative(name, point, order) for order in range(6))
    bend, later = (f2 / 2, f3 / 6) if kind == "forward" else (f3 / 6, f5 / 120)
    where = f"point is {point:g}; the {kind} difference of {name} has another law there"
    if f == 0 or bend == 0:
        raise InputError(f"{where}, since f or a derivative is 0: choose another")
    rounding = 2 * u * abs(f) if kind == "forward" else u * abs(f)
    law = ErrorLaw(1 if kind == "forward" else 2, abs(bend), rounding, abs(later / bend))
    if law.left_out(reach * law.best_step) > 0.1:
        raise InputError(f"{where}, since a later Taylor term makes the error: choose another")
    if _rounds_nothing(point, f, f1):
        raise InputError(f"{where}, since no value of f needs rounding: choose another")
    return law


def _rounds_nothing(x: float, f: float, f1: float) -> bool:
    """Whether f′(x) times the spacing of numbers at x is a multiple of their spacing at f(x).

    For short h, f(x + h) = f(x) + f′(x) h is then a number itself, and the difference exact. (x² + 1)³ at x =
    ±1, with f = 8 and f′ = ±24, is such a case.
    """
    spacings = abs(f1) * math.ulp(x) / math.ulp(f)
    return spacings >= 1 and spacings.is_integer()
