"""Which rules are enough to differentiate a network?

Law: (xⁿ)′ = n xⁿ⁻¹, (eˣ)′ = eˣ, (ln x)′ = 1/x, (cf)′ = c f′, (u + v)′ = u′ + v′, (uv)′ = u′v + uv′, and the
chain rule: f(u(x))′ = f′(u) u′(x).

Three functions and four rules: a network is put together from no more than that. The rules for sums and for
constant factors are what one would guess. The one for products is not: each factor changes while the other
stands still, and both changes count. The chain rule multiplies: if u moves twice as fast as x, and f three
times as fast as u, f moves six times as fast as x. However long a chain, its derivative is a product of local
slopes, each taken where the chain has come to. That is why the derivatives of deep networks can vanish.

Below, every function has its derivative by hand beside it, with the rules of zoo.calculus.elementary. In
power_vjp(g, x, n), g is the derivative of all that comes later in the chain.

    python experiments/derivative_rules.py

In TensorBoard, open Images: derivatives by hand as lines, autograd's as markers. The run prints the product
that the deep chain's slope is, one factor after another.
Try  --only power_rule --exponent 0.5  (√x flattens as it grows: its slope falls),  or  --only deep_chain
--weights '[0.5, 0.5, 0.5, 0.5, 0.5, 0.5]'  (six factors of at most ½: next to nothing is left).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import torch
from matplotlib.figure import Figure
from rich.table import Table
from torch import Tensor

from zoo.calculus.activations import tanh, tanh_vjp
from zoo.calculus.elementary import (
    add,
    add_vjp,
    exp,
    exp_vjp,
    ln,
    ln_vjp,
    multiply,
    multiply_vjp,
    power,
    power_vjp,
    scale,
    scale_vjp,
)
from zoo.errors import InputError
from zoo.figures import compare, legend, panels, styles
from zoo.measuring import Case, MeasurementCLI
from zoo.report import Report
from zoo.theory.rounding import UNIT
from zoo.verdict import Prediction, Quantity

RuleName = Literal[
    "power_rule",
    "exponential_rule",
    "logarithm_rule",
    "constant_rule",
    "sum_rule",
    "product_rule",
    "chain_rule",
    "deep_chain",
]
LOW, HIGH = 0.3, 2.0  # between which random points lie
STEP = 1e-5  # h, of the central difference


@dataclass
class Settings:
    """A rule, and where it is tried.

    Args:
        rule: which rule.
        at: x, for a derivative to look at.
        points: how many random x it is tried at, too, between 0.3 and 2.
        exponent: n, of the power rule.
        weights: w of the deep chain, one a layer.
    """

    rule: RuleName = "power_rule"
    at: float = 2.0
    points: int = 1000
    exponent: float = 3.0
    weights: list[float] = field(default_factory=lambda: [0.5, -1.5, 2.0, 0.8])

    def __post_init__(self) -> None:
        if self.at <= 0:
            raise InputError(f"at is {self.at}; it must be above 0, where every rule here has a derivative")
        if self.points < 1:
            raise InputError(f"points is {self.points}; it must be at least 1")
        if not 1 <= len(self.weights) <= 50:
            raise InputError(f"weights has {len(self.weights)} entries; choose 1 to 50")
        if 0 in self.weights:
            raise InputError(
                f"weights is {self.weights}; through a weight of 0 nothing passes, so choose others"
            )


# Every rule returns f(x) and, by hand, f′(x), entry by entry.


def power_rule(x: Tensor, s: Settings) -> tuple[Tensor, Tensor]:
    """(xⁿ)′ = n xⁿ⁻¹."""
    n = number(s.exponent)
    return power(x, n), power_vjp(one(x), x, n)[0]


def exponential_rule(x: Tensor, s: Settings) -> tuple[Tensor, Tensor]:
    """(eˣ)′ = eˣ."""
    return exp(x), exp_vjp(one(x), x)[0]


def logarithm_rule(x: Tensor, s: Settings) -> tuple[Tensor, Tensor]:
    """(ln x)′ = 1/x."""
    return ln(x), ln_vjp(one(x), x)[0]


def constant_rule(x: Tensor, s: Settings) -> tuple[Tensor, Tensor]:
    """(5 x²)′ = 5 · 2x."""
    u, c = power(x, number(2)), number(5)
    du, _ = scale_vjp(one(x), u, c)
    return scale(u, c), power_vjp(du, x, number(2))[0]


def sum_rule(x: Tensor, s: Settings) -> tuple[Tensor, Tensor]:
    """(x² + x³)′ = 2x + 3x²."""
    u, v = power(x, number(2)), power(x, number(3))
    du, dv = add_vjp(one(x), u, v)
    return add(u, v), power_vjp(du, x, number(2))[0] + power_vjp(dv, x, number(3))[0]


def product_rule(x: Tensor, s: Settings) -> tuple[Tensor, Tensor]:
    """(x² · x³)′ = 2x · x³ + x² · 3x²."""
    u, v = power(x, number(2)), power(x, number(3))
    du, dv = multiply_vjp(one(x), u, v)
    return multiply(u, v), power_vjp(du, x, number(2))[0] + power_vjp(dv, x, number(3))[0]


def chain_rule(x: Tensor, s: Settings) -> tuple[Tensor, Tensor]:
    """((x² + 1)³)′ = 3(x² + 1)² · 2x."""
    u = power(x, number(2)) + 1
    du, _ = power_vjp(one(x), u, number(3))
    return power(u, number(3)), power_vjp(du, x, number(2))[0]


def deep_chain(x: Tensor, s: Settings) -> tuple[Tensor, Tensor]:
    """h ← tanh(w h), a layer a weight: the product of all w tanh′(w h)."""
    h = x
    for w in s.weights:
        h = tanh(scale(h, number(w)))
    return h, torch.stack(local_slopes(x, s)).prod(dim=0)


def local_slopes(x: Tensor, s: Settings) -> list[Tensor]:
    """w tanh′(w h) of every layer of the deep chain, the first one first."""
    slopes, h = [], x
    for w in s.weights:
        z = scale(h, number(w))
        (dz,) = tanh_vjp(one(z), z)
        slopes.append(scale_vjp(dz, h, number(w))[0])
        h = tanh(z)
    return slopes


RULES: dict[str, Callable[[Tensor, Settings], tuple[Tensor, Tensor]]] = {
    rule.__name__: rule
    for rule in (
        power_rule,
        exponential_rule,
        logarithm_rule,
        constant_rule,
        sum_rule,
        product_rule,
        chain_rule,
        deep_chain,
    )
}


def main(args: list[str] | None = None) -> Report:
    """Predict, measure, judge."""
    cli = MeasurementCLI(__file__, Settings, args)
    cli.announce(p for case in cli.cases for p in predict(case))
    measured = cli.measure(measure)
    return cli.report(measured, {"rules": draw(cli.cases)}, factors(cli.cases))


def predict(case: Case[Settings]) -> list[Prediction]:
    """The derivative by hand; that autograd agrees wherever one looks; and that small steps do."""
    s, name, x = case.settings, case.variant, torch.linspace(LOW, HIGH, 500, dtype=torch.float64)
    f, slope = RULES[s.rule](x, s)
    if not (f.isfinite().all() and slope.isfinite().all()):
        raise InputError(f"exponent is {s.exponent} in {name}; f leaves float64 with it")
    rounding = {"rtol": roundings(s), "because": "a few roundings of 1e-16 for each function in the chain"}
    claim, value = f"f′({s.at:g}), {rule_of(s)}", float(RULES[s.rule](number(s.at)[None], s)[1])
    found = [Prediction(f"{name}.at", claim, value, "by hand", **rounding)]
    if s.rule == "exponential_rule":
        found.append(Prediction(f"{name}.itself", "f′/f", 1.0, "elementary", **rounding))
    if s.rule == "product_rule":
        claim = f"f′({s.at:g}), by the power rule: 5x⁴"
        found.append(Prediction(f"{name}.at_once", claim, 5 * s.at**4, "by hand", **rounding))
    claim = f"largest |hand − autograd| / |f′| at {s.points} random x"
    slack = {"atol": roundings(s), "because": rounding["because"]}
    found.append(Prediction(f"{name}.autograd", claim, 0.0, "by hand", **slack))
    third = float(derivatives(x, s, 3)[-1].abs().max())
    slack = {
        "atol": STEP**2 / 6 * third * 1.01 + roundings(s) * float(f.abs().max()) / STEP,
        "because": "h² f‴/6, which the difference leaves out, and roundings of f divided by h",
    }
    claim = f"largest |hand − (f(x + h) − f(x − h)) / 2h|, h = {STEP:g}"
    return [*found, Prediction(f"{name}.difference", claim, 0.0, "by hand", **slack)]


def measure(case: Case[Settings]) -> dict[str, Quantity]:
    """What autograd and small steps say of the same function."""
    s = case.settings
    f_at, slope_at = (float(y) for y in derivatives(number(s.at)[None], s, 1))
    x = LOW + (HIGH - LOW) * torch.rand(s.points, dtype=torch.float64)
    by_hand = RULES[s.rule](x, s)[1]
    slope = derivatives(x, s, 1)[1]
    rise = RULES[s.rule](x + STEP, s)[0] - RULES[s.rule](x - STEP, s)[0]
    return {
        "at": slope_at,
        "at_once": slope_at,
        "itself": slope_at / f_at if f_at else math.nan,
        "autograd": float(((by_hand - slope) / by_hand).abs().max()),
        "difference": float((by_hand - rise / ((x + STEP) - (x - STEP))).abs().max()),
    }


def derivatives(x: Tensor, s: Settings, orders: int) -> list[Tensor]:
    """f, f′, f″, …, entry by entry: each is what autograd makes of the one before."""
    x = x.clone().requires_grad_()
    found = [RULES[s.rule](x, s)[0]]
    for _ in range(orders):
        y = found[-1] + 0 * x  # a constant has no graph, but a derivative: 0
        found.append(torch.autograd.grad(y.sum(), x, create_graph=True)[0])
    return [y.detach() for y in found]


def rule_of(s: Settings) -> str:
    """The rule as its function's docstring has it."""
    return str(RULES[s.rule].__doc__).rstrip(".")


def roundings(s: Settings) -> float:
    """How far, relatively, two ways of computing f or f′ may differ.

    Where tanh′ = 1 − tanh² is small, it is the difference of two numbers near 1, each rounded.
    """
    if s.rule != "deep_chain":
        return 16 * UNIT
    h, flattest = torch.linspace(min(LOW, s.at), max(HIGH, s.at), 500, dtype=torch.float64), []
    for w in s.weights:
        flattest.append(float((torch.cosh(w * h) ** -2).min()))
        h = torch.tanh(w * h)
    if min(flattest) < 1e-9:
        raise InputError(f"weights is {s.weights}; they saturate a tanh, whose slope is lost in rounding")
    return sum(8 * UNIT / slope for slope in flattest)


def number(value: float) -> Tensor:
    """A number, in float64."""
    return torch.tensor(value, dtype=torch.float64)


def one(x: Tensor) -> Tensor:
    """∂f/∂f = 1, where every chain of derivatives begins."""
    return torch.ones_like(x)


def factors(cases: list[Case[Settings]]) -> list[Table]:
    """The deep chain, layer by layer: what comes in, the local slope, and the product so far."""
    tables = []
    for case in cases:
        s = case.settings
        if s.rule != "deep_chain":
            continue
        title = f"{case.variant}: local slopes along the chain from x = {s.at:g}"
        table = Table("layer", "w", "w tanh′(w h)", "product so far", title=title, title_justify="left")
        product = 1.0
        for layer, (w, slope) in enumerate(zip(s.weights, local_slopes(number(s.at), s), strict=True), 1):
            product *= float(slope)
            table.add_row(str(layer), f"{w:g}", f"{float(slope):.6f}", f"{product:.6f}")
        tables.append(table)
    return tables


def draw(cases: list[Case[Settings]]) -> Figure:
    """f′ of every rule, by hand and by autograd."""
    figure, (axes,) = panels("derivatives by hand and by autograd", width=9)
    x = torch.linspace(LOW, HIGH, 25, dtype=torch.float64)
    for style, case in zip(styles(), cases, strict=False):
        s = case.settings
        slopes = (derivatives(x, s, 1)[1], RULES[s.rule](x, s)[1])
        series = [list(zip(x.tolist(), slope.tolist(), strict=True)) for slope in slopes]
        compare(axes, f"{case.variant}: {rule_of(s)}", style, *series)
    axes.set(xlabel="x", ylabel="f′(x)")
    axes.set_yscale("symlog", linthresh=0.1)
    legend(figure, axes, "markers: autograd; lines: by hand", columns=2)
    return figure


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
