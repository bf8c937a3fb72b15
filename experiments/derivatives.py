"""What does a derivative tell you about a function?

Law: f(x + h) = f(x) + f′(x) h + f″(x) h²/2 + …: f′(x) is the slope at x, and the error of going straight on
falls with h².

Draw a line through two points of a curve, h apart: its slope is rise over run. Let the second point come
closer, and the line turns into the tangent; its slope is the derivative f′(x). To go straight on along the
tangent is a forecast of f nearby: y = x² has the slope 4 at x = 2, so 0.01 further on it should be 0.04
higher. It is 0.0401 higher, and the 0.0001 is the error of the forecast, h² f″/2. This is all that training a
network asks of calculus: if a weight moves a little, by how much does the loss change?

A slope has a sign. Where it is positive f rises, where it is negative f falls; where it is 0 f is flat, which
can be a minimum, a maximum, or neither. A derivative has a derivative itself: a journey's position, velocity,
acceleration and jerk. Velocity can be negative, too: its size alone is the speed.

    python experiments/derivatives.py

In TensorBoard, open Images: secants close in on the tangent; the error of the forecast against h, on axes
where a power of h is a straight line; and a journey with its derivatives.
Try  --only square --point -1  (a negative slope: f falls),  or  --only cubed_bowl --change 0.001  (a step ten
times as short has a forecast a hundred times as good).
"""

import math
from dataclasses import dataclass, field
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from zoo.calculus.surfaces import polynomial
from zoo.differentiation import derivatives
from zoo.errors import InputError
from zoo.figures import COLOURS, compare, legend, panels, styles
from zoo.measuring import Case, MeasurementCLI
from zoo.report import Report
from zoo.theory import taylor
from zoo.theory.rounding import UNIT
from zoo.verdict import Prediction, Quantity

NAMES = ("f", "f′", "f″", "f‴", "f⁗")
LOOK = 1e-3  # how far to the left and right one looks to see what f does


@dataclass
class Settings:
    """A function and the point at which it is looked at.

    Args:
        coefficients: of f(x) = c_0 + c_1 x + c_2 x² + …, constant first.
        point: x.
        derivatives: how many are taken, one after another.
        change: h, the step whose effect on f is forecast; null for no forecast.
    """

    coefficients: list[float] = field(default_factory=lambda: [0.0, 0.0, 1.0])
    point: float = 2.0
    derivatives: int = 1
    change: float | None = None

    def __post_init__(self) -> None:
        if not self.coefficients:
            raise InputError("coefficients is empty; a polynomial has at least 1")
        if not all(abs(number) <= 1e6 for number in (self.point, *self.coefficients)):
            found = f"point is {self.point} and coefficients {self.coefficients}"
            raise InputError(f"{found}; choose numbers from -1e6 to 1e6")
        if not 1 <= self.derivatives < len(NAMES):
            raise InputError(f"derivatives is {self.derivatives}; choose 1 to {len(NAMES) - 1}")
        if self.change is not None and not 1e-3 <= abs(self.change) <= 1:
            raise InputError(
                f"change is {self.change}; choose 0.001 to 1, since rounding hides what less does"
            )

    def size(self, order: int = 0) -> float:
        """The sum of the sizes of the terms of f or a derivative: what their roundings are relative to."""
        return taylor.derivative([abs(c) for c in self.coefficients], abs(self.point) + 1, order)


def main(args: list[str] | None = None) -> Report:
    """Predict, measure, judge."""
    cli = MeasurementCLI(__file__, Settings, args)
    cli.announce(p for case in cli.cases for p in predict(case))
    measured = cli.measure(measure)
    return cli.report(measured, {"tangent": draw(cli.cases)})


def predict(case: Case[Settings]) -> list[Prediction]:
    """The derivatives by the power rule, what f does at x, and how good a forecast they make."""
    s, name = case.settings, case.variant
    found = []
    for order in range(1, s.derivatives + 1):
        value = taylor.derivative(s.coefficients, s.point, order)
        rounding = {"atol": rounding_of(s, order), "because": "two ways of adding up the terms, in float64"}
        found.append(
            Prediction(f"{name}.{order}", f"{NAMES[order]}({s.point:g})", value, "the power rule", **rounding)
        )
    if can_be_seen(s):
        doing = taylor.behaviour(s.coefficients, s.point)
        claim = f"what f does at x = {s.point:g}"
        found.append(Prediction(f"{name}.behaviour", claim, doing, "the first of f′, f″, … that is not 0"))
    return found if s.change is None else found + predict_forecast(case, s.change)


def predict_forecast(case: Case[Settings], h: float) -> list[Prediction]:
    """How far the tangent leads astray h away, and by which power of h that shrinks."""
    s, name = case.settings, case.variant
    straight = h * taylor.derivative(s.coefficients, s.point)
    error = taylor.remainder(s.coefficients, s.point, h, 1)
    rounding, because = rounding_of(s), "roundings of f's terms, in float64"
    slack = {"atol": rounding, "because": because}
    found = [
        Prediction(f"{name}.change", f"f(x + {h:g}) − f(x)", straight + error, "Taylor", **slack),
        Prediction(f"{name}.error", f"the same, less {straight:g} by the tangent", error, "Taylor", **slack),
    ]
    for kept, kind in ((1, "tangent"), (2, "parabola")):
        power = taylor.leading_order(s.coefficients, s.point, kept)
        if power is None:
            continue  # nothing is left out, and there is no error
        later = abs(taylor.log_slope(s.coefficients, s.point, h, kept) - power)
        least = min(abs(taylor.remainder(s.coefficients, s.point, step, kept)) for step in (h, h / 10))
        if later + rounding / least > 0.5:
            continue  # another power would do as well
        slack = {"atol": later + rounding / least, "because": "the terms after the first left out; rounding"}
        claim = f"power of h in the error of the {kind}"
        found.append(Prediction(f"{name}.{kind}", claim, float(power), "Taylor", **slack))
    return found


def measure(case: Case[Settings]) -> dict[str, Quantity]:
    """The same by autograd, and from f's own values at x and around it."""
    s = case.settings
    f, *slopes = by_autograd(s, max(2, s.derivatives))
    found: dict[str, Quantity] = {str(order): slope for order, slope in enumerate(slopes, start=1)}
    found["behaviour"] = seen_around(s)
    if s.change is None:
        return found
    for kind, bend in (("tangent", 0.0), ("parabola", slopes[1])):
        far, near = (
            height(s, s.point + h) - (f + slopes[0] * h + bend * h**2 / 2) for h in (s.change, s.change / 10)
        )
        found[kind] = math.log10(abs(far / near)) if far and near else math.nan
    found["change"] = height(s, s.point + s.change) - f
    found["error"] = found["change"] - slopes[0] * s.change
    return found


def by_autograd(s: Settings, orders: int) -> list[float]:
    """f(x), f′(x), f″(x), …: each is what autograd makes of the one before."""
    coefficients = torch.tensor(s.coefficients, dtype=torch.float64)
    point = torch.tensor(s.point, dtype=torch.float64)
    return [float(y) for y in derivatives(lambda x: polynomial(x, coefficients), point, orders)]


def height(s: Settings, x: float) -> float:
    """f(x)."""
    return float(polynomial(*(torch.tensor(number, dtype=torch.float64) for number in (x, s.coefficients))))


def seen_around(s: Settings) -> str:
    """What f does at x, from its values alone, a little to the left and to the right."""
    left, here, right = (height(s, s.point + h) for h in (-LOOK, 0.0, LOOK))
    if left == here == right:
        return "constant"
    if (left > here) == (right > here):
        return "minimum" if left > here else "maximum"
    nearer = height(s, s.point + LOOK / 10) - height(s, s.point - LOOK / 10)
    if abs(right - left) > 100 * abs(nearer):  # a slope would make it 10
        return "inflection"
    return "rises" if right > left else "falls"


def can_be_seen(s: Settings) -> bool:
    """Whether, as far from x as one looks, the first derivative that is not 0 outweighs all after it."""
    order = taylor.leading_order(s.coefficients, s.point, 0)
    if order is None:
        return True
    first = abs(taylor.derivative(s.coefficients, s.point, order)) * LOOK**order / math.factorial(order)
    later = max(abs(taylor.remainder(s.coefficients, s.point, h, order)) for h in (-LOOK, LOOK))
    return first > 2 * later and first / 10**order > 4 * rounding_of(s)


def rounding_of(s: Settings, order: int = 0) -> float:
    """How far two ways of computing f, or a derivative of it, may differ: a few roundings of every term."""
    return 8 * len(s.coefficients) * UNIT * s.size(order)


def draw(cases: list[Case[Settings]]) -> Figure:
    """Secants that close in on a tangent; the error against h; one function with all its derivatives."""
    longest = max(cases, key=lambda case: case.settings.derivatives)
    figure, axes = panels(
        "secants close in on the tangent",
        "error of the forecast",
        f"{longest.variant}: f and its derivatives",
    )
    draw_secants(axes[0], cases[0].settings)
    for style, case in zip(styles(), (c for c in cases if c.settings.change), strict=False):
        draw_errors(axes[1], case, style)
    axes[1].set(xlabel="step h", ylabel="|f(x + h) − forecast|", xscale="log", yscale="log")
    draw_derivatives(axes[2], longest.settings)
    legend(figure, axes[1], "middle and right: measured markers on predicted lines", columns=3)
    return figure


def draw_secants(axes: Axes, s: Settings) -> None:
    """The curve, lines through x and x + h for h = 1, ½, ¼, and the tangent."""
    around = torch.linspace(s.point - 0.5, s.point + 1.2, 100).tolist()
    axes.plot(around, [height(s, x) for x in around], color="black", label="f")
    value, slope = by_autograd(s, 1)
    for colour, h in zip(COLOURS, (1.0, 0.5, 0.25), strict=False):
        rise = (height(s, s.point + h) - value) / h
        line = [value + rise * (x - s.point) for x in around]
        axes.plot(around, line, color=colour, linewidth=1, label=f"h = {h:g}: slope {rise:.4g}")
        axes.plot([s.point, s.point + h], [value, value + rise * h], "o", color=colour, markersize=4)
    tangent = [value + slope * (x - s.point) for x in around]
    axes.plot(around, tangent, "--", color=COLOURS[3], label=f"tangent: slope {slope:.4g}")
    axes.set(xlabel="x", ylabel="f(x)")
    axes.legend(fontsize="small")


def draw_errors(axes: Axes, case: Case[Settings], style: dict[str, Any]) -> None:
    """How far the tangent is off, h away, for h from 1 to 1/1000."""
    s = case.settings
    value, slope = by_autograd(s, 1)
    steps = [10 ** (-k / 4) for k in range(13)]
    measured = [(h, abs(height(s, s.point + h) - value - slope * h)) for h in steps]
    predicted = [(h, abs(taylor.remainder(s.coefficients, s.point, h, 1))) for h in steps]
    compare(axes, case.variant, style, measured, predicted)


def draw_derivatives(axes: Axes, s: Settings) -> None:
    """f and its derivatives, one below the other in order, around x."""
    around = torch.linspace(s.point - 2, s.point + 2, 100).tolist()
    for order, colour in zip(range(s.derivatives + 1), COLOURS, strict=False):
        line = [taylor.derivative(s.coefficients, x, order) for x in around]
        axes.plot(around, line, color=colour, label=NAMES[order])
    for value, colour in zip(by_autograd(s, s.derivatives), COLOURS, strict=False):
        axes.plot(s.point, value, "o", color=colour, markerfacecolor="none")
    axes.axhline(0, color="0.8", linewidth=0.8)
    axes.set(xlabel="x")
    axes.legend(fontsize="small")


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
