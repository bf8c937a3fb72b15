"""Which rules turn a formula into the formula of its slope?

Law: (xⁿ)′ = n xⁿ⁻¹, (eˣ)′ = eˣ, (ln x)′ = 1/x; and for functions u and v of x and a number c, (c u)′ = c u′,
(u + v)′ = u′ + v′, (u v)′ = u′v + u v′.

The derivative f′(x) is the slope of f at x. Nobody draws a tangent to find it: three slopes are learnt by
heart, that of powers xⁿ, of eˣ (e is about 2.718), which at every x is as steep as it is high, and of ln x,
which undoes eˣ. Three more rules say what becomes of slopes where functions are put together. Those for a
constant factor and for a sum are what one would guess. That for a product is not u′v′: a rectangle with the
sides u and v grows at two of its sides, by u′ times v and by v′ times u. What is put inside something else,
as in (x² + 1)³, is for the next lesson: chain_rule.

Three opinions on a slope are compared. "By hand" are the rules: each function below returns f(x), and beside
it f′(x). "Autograd" is PyTorch's own derivative of the program for f; it is asked at one x, and at a thousand
random ones. "Small steps" know no rule at all: (f(x + h) − f(x − h)) / 2h is the rise from just left of x to
just right of it, over the way between, h = 0.00001.

    python experiments/derivative_rules.py

In TensorBoard, open Images: the slopes by hand are lines, those of small steps are markers.
Try  --only power_rule --exponent 0.5  (√x gets flatter as it grows: its slope falls),  or  --only
exponential_rule --at 5  (f′ is 148.4, and so is f).
"""

from dataclasses import dataclass
from typing import Any, Literal

import torch
from matplotlib.figure import Figure
from torch import Tensor

from zoo.differentiation import derivatives, left_out, small_step
from zoo.errors import InputError
from zoo.figures import compare, panels, styles
from zoo.measuring import Case, MeasurementCLI
from zoo.report import Report
from zoo.theory.rounding import UNIT
from zoo.verdict import Prediction, Quantity

RuleName = Literal[
    "power_rule", "exponential_rule", "logarithm_rule", "constant_rule", "sum_rule", "product_rule"
]
LOW, HIGH = 0.5, 2.0  # between which random x lie
STEP = 1e-5  # h
ROUNDINGS = 16 * UNIT  # of f or f′, as a share of it


@dataclass
class Settings:
    """A rule, and where it is tried.

    Args:
        rule: which rule.
        at: an x to look at.
        points: at how many random x, between 0.5 and 2, the rule is tried besides.
        exponent: n, of the power rule.
    """

    rule: RuleName = "power_rule"
    at: float = 2.0
    points: int = 1000
    exponent: float = 3.0

    def __post_init__(self) -> None:
        if not 0.01 <= self.at <= 100:
            raise InputError(f"at is {self.at}; choose 0.01 to 100, where every function here has a slope")
        if not 1 <= self.points <= 1_000_000:
            raise InputError(f"points is {self.points}; choose 1 to 1000000")
        if not -3 <= self.exponent <= 6:
            raise InputError(f"exponent is {self.exponent}; choose -3 to 6, for slopes that fit in one table")

    def f(self, x: Tensor) -> Tensor:
        """The function that the rule is tried on."""
        return RULES[self.rule](x, self.exponent)[0]

    def slope(self, x: Tensor) -> Tensor:
        """Its slope, by hand."""
        return RULES[self.rule](x, self.exponent)[1]


# Every rule returns f(x), and beside it f′(x); of the exponent n only the power rule takes notice.


def power_rule(x: Tensor, n: float) -> tuple[Tensor, Tensor]:
    """(xⁿ)′ = n xⁿ⁻¹."""
    return x**n, n * x ** (n - 1)


def exponential_rule(x: Tensor, _: float) -> tuple[Tensor, Tensor]:
    """(eˣ)′ = eˣ."""
    return torch.exp(x), torch.exp(x)


def logarithm_rule(x: Tensor, _: float) -> tuple[Tensor, Tensor]:
    """(ln x)′ = 1/x."""
    return torch.log(x), 1 / x


def constant_rule(x: Tensor, _: float) -> tuple[Tensor, Tensor]:
    """(5x²)′ = 5 · 2x."""
    u, du = power_rule(x, 2)
    return 5 * u, 5 * du


def sum_rule(x: Tensor, _: float) -> tuple[Tensor, Tensor]:
    """(x² + x³)′ = 2x + 3x²."""
    (u, du), (v, dv) = power_rule(x, 2), power_rule(x, 3)
    return u + v, du + dv


def product_rule(x: Tensor, _: float) -> tuple[Tensor, Tensor]:
    """(x² · x³)′ = 2x · x³ + x² · 3x² = 5x⁴."""
    (u, du), (v, dv) = power_rule(x, 2), power_rule(x, 3)
    return u * v, du * v + u * dv


FUNCTIONS = (power_rule, exponential_rule, logarithm_rule)
RULES = {rule.__name__: rule for rule in (*FUNCTIONS, constant_rule, sum_rule, product_rule)}


def main(args: list[str] | None = None) -> Report:
    """Predict, measure, judge."""
    cli = MeasurementCLI(__file__, Settings, args)
    cli.announce([predict(case) for case in cli.cases] + predict_everywhere(cli.cases))
    measured = cli.measure(measure)
    apart = {key: [found[key] for found in measured.values()] for key in ("autograd", "steps")}
    largest = {key: float(numbers(values).max()) for key, values in apart.items()}
    measured["every_rule"] = {**measured.get("every_rule", {}), **largest}
    return cli.report(measured, {"rules": draw(cli.cases)})


def predict(case: Case[Settings]) -> Prediction:
    """The slope by hand, at the one x."""
    s, because = case.settings, "a few roundings, each of 1e-16 of the number"
    rule, n = str(RULES[s.rule].__doc__).rstrip("."), f", n = {s.exponent:g}" * (s.rule == "power_rule")
    value = float(s.slope(numbers(s.at)))
    claim = f"{rule}, at x = {s.at:g}{n}"
    return Prediction(f"{case.variant}.at", claim, value, "by hand", rtol=ROUNDINGS, because=because)


def predict_everywhere(cases: list[Case[Settings]]) -> list[Prediction]:
    """At no random x, and by no rule, do autograd or small steps find another slope."""
    x = torch.linspace(LOW, HIGH, 500, dtype=torch.float64)
    every = [case.settings for case in cases]
    slope = max(float(s.slope(x).abs().max()) for s in every)
    height = max(float(s.f(x).abs().max()) for s in every)
    off = max(float(left_out(s.f, x, STEP).max()) for s in every) + ROUNDINGS * height / STEP
    autograd = {"atol": ROUNDINGS * slope, "because": "a few roundings of the steepest slope"}
    steps = {"atol": off, "because": "h² f‴/6, which steps leave out; and roundings of f, over h"}
    claim = "largest |by hand − {}| at random x"
    return [
        Prediction("every_rule.autograd", claim.format("by autograd"), 0.0, "by hand", **autograd),
        Prediction("every_rule.steps", claim.format("by small steps"), 0.0, "by hand", **steps),
    ]


def measure(case: Case[Settings]) -> dict[str, Quantity]:
    """Autograd's slope at the one x; how far it and small steps are off at random ones."""
    s = case.settings
    x = LOW + (HIGH - LOW) * torch.rand(s.points, dtype=torch.float64)
    return {
        "at": float(derivatives(s.f, numbers(s.at), 1)[1]),
        "autograd": float((s.slope(x) - derivatives(s.f, x, 1)[1]).abs().max()),
        "steps": float((s.slope(x) - small_step(s.f, x, STEP)).abs().max()),
    }


def numbers(values: Any) -> Tensor:
    """Numbers, in float64."""
    return torch.tensor(values, dtype=torch.float64)


def draw(cases: list[Case[Settings]]) -> Figure:
    """f′ of every rule, by hand and by small steps."""
    figure, axes = panels("slopes of three functions", "slopes by three rules")
    x = torch.linspace(LOW, HIGH, 25, dtype=torch.float64)
    for style, case in zip(styles(), cases, strict=False):
        s = case.settings
        slopes = (small_step(s.f, x, STEP), s.slope(x))
        series = [list(zip(x.tolist(), slope.tolist(), strict=True)) for slope in slopes]
        compare(axes[RULES[s.rule] not in FUNCTIONS], case.variant, style, *series)
    for pane in axes:
        pane.set(xlabel="x", ylabel="f′(x)")
        if pane.lines:
            pane.legend(title="markers: small steps; lines: by hand")
    return figure


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
