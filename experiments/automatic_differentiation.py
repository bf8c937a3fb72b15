"""How does a computer find a derivative?

Law: a difference quotient is off by a hᵖ + b/h, p = 1 one-sided or 2 central; symbolic and automatic
differentiation, and an imaginary step, are off by roundings alone.

Numerical: move x by h and see what f does. If h is large the bend of the curve makes an error, a hᵖ with a =
|f″|/2 or |f‴|/6. If h is small two nearly equal numbers are subtracted, and what roundings have left of them
is divided by h: b/h with b = 2u|f| or u|f|, where u = 1.1e-16 in float64. Half of the digits are right at
best, or two thirds in the central difference, which moves to both sides. (An imaginary h subtracts nothing,
and loses nothing.) Symbolic: rewrite the formula of f into that of f′. Automatic: run the program and apply
the chain rule to each of its steps, from the input on (forward mode) or from the output back (reverse mode:
backpropagation). Both are exact, but for roundings. Where the V has its bottom depends on f. That its sides
rise as hᵖ and 1/h, and that the other ways are exact, does not: it is claimed once a precision.

    python experiments/automatic_differentiation.py

It prints what each of the six ways finds. In TensorBoard, open Images: the error against h, a V that the law
draws, with a star at its best h.
Try  --only exp --function sin --point 0.8  (another V, the same law),  or  --only exp --precision float32  (u
and with it the errors at the best h grow 2²⁹-fold to the power ½ or ⅔: 23 000 and 660 000 times).
"""

import math
import statistics
from dataclasses import dataclass
from itertools import chain
from typing import Any, get_args

import sympy
import torch
from matplotlib.figure import Figure
from rich.table import Table
from torch import Tensor
from torch.nn.functional import max_pool1d

from zoo.differentiation import WAYS, Counted
from zoo.errors import InputError
from zoo.figures import compare, legend, panels, styles
from zoo.measuring import Case, MeasurementCLI
from zoo.report import Report
from zoo.theory import differences
from zoo.verdict import Prediction, Quantity

FORMULAS: dict[str, Any] = {  # m is torch for numbers, sympy for a symbol
    "exp": lambda m, x: m.exp(x),
    "sin": lambda m, x: m.sin(x),
    "sigmoid": lambda m, x: 1 / (1 + m.exp(-x)),
    "cubed_bowl": lambda m, x: (x**2 + 1) ** 3,
}
PER_DECADE = 40  # steps h
AROUND = PER_DECADE // 4  # to both sides: one h alone can be lucky, and be off by 0
H = 1e-4  # the step of the printed quotients


@dataclass
class Settings:
    """What is differentiated, where, and in which numbers.

    Args:
        function: f.
        point: x.
        precision: the numbers that f is computed in.
    """

    function: differences.FunctionName = "exp"
    point: float = 1.0
    precision: differences.Precision = "float64"

    def __post_init__(self) -> None:
        if abs(self.point) > 4:
            raise InputError(f"point is {self.point}; choose -4 to 4")

    def f(self, x: Any) -> Any:
        """The function, of numbers or of a symbol."""
        return FORMULAS[self.function](sympy if isinstance(x, sympy.Expr) else torch, x)

    @property
    def x(self) -> Tensor:
        """The point, (1,), rounded to the precision."""
        return torch.tensor([self.point], dtype=getattr(torch, self.precision))

    @property
    def slope(self) -> float:
        """f′(x), by hand."""
        return differences.derivative(self.function, float(self.x))

    @property
    def laws(self) -> dict[str, differences.ErrorLaw]:
        """What the differences are off by; claimed up to 100 best steps in float64, 3 in float32."""
        u, reach = differences.UNIT_ROUNDOFF[self.precision], 100 if self.precision == "float64" else 3
        return {
            kind: differences.error_law(kind, self.function, float(self.x), u, reach)
            for kind in get_args(differences.Kind)
        }


def main(args: list[str] | None = None) -> Report:
    """Predict, measure, judge."""
    cli = MeasurementCLI(__file__, Settings, args)
    first = {case.settings.precision: case for case in reversed(cli.cases)}
    cli.announce(chain(predict_lines(), (p for case in cli.cases for p in predict(case, first))))
    measured = cli.measure(measure)
    measured["lines"] = {**measured.get("lines", {}), **measure_lines()}
    return cli.report(measured, {"ways": draw(cli.cases)}, [in_six_ways(cli.cases[0])])


def predict_lines() -> list[Prediction]:
    """Lines of two texts: the slopes of a square, and a difference quotient to the last digit."""
    printed, quotient = "printed by Géron 2022", "(f(x + h) − f(x))/h of x²y + y + 2 at (3, 4), h = 1e-4"
    return [
        Prediction("lines.dx", "∂z/∂x of z = x² + 2xy + y² at (2, 3)", 10.0, "2(x + y)"),
        Prediction("lines.dy", "∂z/∂y", 10.0, "2(x + y)"),
        Prediction("lines.digits_x", f"{quotient}, to the last bit", 24.000400000048216, printed),
        Prediction("lines.digits_y", "the same along y", 10.000000000047748, printed),
    ]


def measure_lines() -> dict[str, Quantity]:
    """The lines as they stand; the quotients divide by h, not by how far x has really moved."""
    x, y = torch.tensor(2.0, requires_grad=True), torch.tensor(3.0, requires_grad=True)
    z = x**2 + 2 * x * y + y**2
    z.backward()
    here, along_x, along_y = (x * x * y + y + 2 for x, y in ((3.0, 4.0), (3.0 + H, 4.0), (3.0, 4.0 + H)))
    found = {"dx": float(x.grad), "dy": float(y.grad)}
    return found | {"digits_x": (along_x - here) / H, "digits_y": (along_y - here) / H}


def predict(case: Case[Settings], first: dict[str, Case[Settings]]) -> list[Prediction]:
    """The bottom of the V of two differences; and once a precision what does not depend on f."""
    s, name, source = case.settings, case.variant, "Nocedal & Wright 2006, section 8.1"
    bottom = {"atol": 0.7, "because": "roundings are a tenth to five of b, and the error follows b^½ or b^⅔"}
    found = []
    for kind, law in s.laws.items():
        claim, error = f"log10 of the {kind} difference's error at its best h", math.log10(law.best_error)
        found.append(Prediction(f"{name}.{kind}_error", claim, error, source, **bottom))
    return [*predict_exact(case), *found, *predict_sides(case)] if case is first[s.precision] else found


def predict_exact(case: Case[Settings]) -> list[Prediction]:
    """Four ways without error."""
    roundings = 16 * differences.UNIT_ROUNDOFF[case.settings.precision] * abs(case.settings.slope)
    exact = {"atol": roundings, "because": "16 roundings, each way in an order of its own"}
    claim = "largest error of symbolic, complex step, forward and reverse mode"
    return [Prediction(f"{case.variant}.exact", claim, 0.0, "the chain rule; Squire & Trapp 1998", **exact)]


def predict_sides(case: Case[Settings]) -> list[Prediction]:
    """By which power of h the error grows; in float32 there are too few decades of h to see it."""
    s, name, source = case.settings, case.variant, "Nocedal & Wright 2006, section 8.1"
    if s.precision == "float32":
        return []
    found, because = (
        [],
        "roundings, up to 5 % of the error at the near end; the next Taylor term at the far end",
    )
    for kind, law in s.laws.items():
        side = {"atol": 0.05 + 2 * law.left_out(100 * law.best_step), "because": because}
        claim = f"power of h in the {kind} difference's error, where h is too large"
        found.append(Prediction(f"{name}.{kind}_power", claim, float(law.power), source, **side))
    side = {"atol": 0.3, "because": "the largest rounding of half a decade varies by 2, over two decades"}
    claim = "the same of the forward difference, where h is too small"
    return [*found, Prediction(f"{name}.forward_rounding", claim, -1.0, source, **side)]


def measure(case: Case[Settings]) -> dict[str, Quantity]:
    """How far off the ways are; of the differences the best, and how the error grows to both sides."""
    s = case.settings
    exact = [error for way, (_, error, _) in six_ways(s).items() if "difference" not in way]
    found: dict[str, Quantity] = {"exact": max(exact)}
    for kind, law in s.laws.items():
        h, errors = error_curve(s, kind)
        largest = max_pool1d(errors[None], 2 * AROUND + 1, stride=1, padding=AROUND)[0]
        found[f"{kind}_error"] = math.log10(largest.min())
        found[f"{kind}_power"] = power(h, errors, h > 9.9 * law.best_step)
        found[f"{kind}_rounding"] = power(h, largest, h < law.best_step / 9.9)
    return found


def error_curve(s: Settings, kind: str) -> tuple[Tensor, Tensor]:
    """h from a thousandth of the best one (in float32 a hundredth) to a hundredfold, and the errors."""
    left = 3 if s.precision == "float64" else 2
    h = s.laws[kind].best_step * torch.logspace(-left, 2, (left + 2) * PER_DECADE + 1, dtype=torch.float64)
    slopes = torch.cat([WAYS[f"{kind} difference"](s.f, s.x, step) for step in h.to(s.x)])
    return h, (slopes.double() - s.slope).abs()


def power(h: Tensor, errors: Tensor, part: Tensor) -> float:
    """The power of h that fits part of the errors best."""
    logs = (numbers[part].log10().tolist() for numbers in (h, errors))
    return statistics.linear_regression(*logs).slope


def six_ways(s: Settings) -> dict[str, tuple[float, float, int]]:
    """Way → the slope, its error and how often f was called; differences with their best h."""
    best = {f"{kind} difference": law.best_step for kind, law in s.laws.items()}
    found = {}
    for way, gradient in WAYS.items():
        counted = Counted(s.f)
        value = float(gradient(counted, s.x, torch.tensor(best.get(way, 0.0)).to(s.x)))
        found[way] = (value, abs(value - s.slope), counted.calls)
    return found


def in_six_ways(case: Case[Settings]) -> Table:
    """What each way finds, how far off it is, and how often it asks for f."""
    s = case.settings
    title = f"The slope of {s.function} at x = {s.point:g} in {s.precision}; differences at their best h"
    table = Table("way", "slope", "error", "calls of f", title=title, title_justify="left")
    for way, (slope, error, calls) in six_ways(s).items():
        table.add_row(way, repr(slope), f"{error:.1e}", str(calls))
    return table


def draw(cases: list[Case[Settings]]) -> Figure:
    """The V of every difference, with a star at its predicted bottom."""
    figure, (axes,) = panels("error of a difference", width=9)
    series = [(case, kind) for case in cases for kind in case.settings.laws]
    for style, (case, kind) in zip(styles(), series, strict=False):
        law, (h, errors) = case.settings.laws[kind], error_curve(case.settings, kind)
        steps = h.tolist()
        measured = list(zip(steps, errors.tolist(), strict=True))
        compare(axes, f"{case.variant}, {kind}", style, measured, [(step, law.error(step)) for step in steps])
        axes.plot(law.best_step, law.best_error, "*", color=style["color"], markersize=14)
    axes.set(xlabel="step h", ylabel="|difference − f′(x)|", xscale="log", yscale="log")
    legend(figure, axes, "measured markers on predicted lines; a star: the best h, predicted")
    return figure


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
