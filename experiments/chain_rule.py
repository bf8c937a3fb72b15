"""What becomes of a small change on its way through a chain of functions?

Law: if u is a function of x and f a function of u, then f(u(x))′ = f′(u) · u′(x): every function of a chain
multiplies the change by its own slope, taken where the chain has come to.

If u moves twice as fast as x, and f three times as fast as u, then f moves six times as fast as x. Take (x² +
1)³ at x = 1. Squaring has the slope 2x = 2; adding 1 has the slope 1, and leads to u = 2; there u³ has the
slope 3u² = 12. So a small change of x comes out 2 · 1 · 12 = 24 times as large. In a longer chain there are
more factors, and nothing new. A deep network is one: each layer takes what the layer before gives.

That makes depth dangerous. Twenty factors of ½ leave a millionth of a change; twenty of 1.5 make it 3325
times as large. And which it is depends on x: the function tanh, an S that rises from −1 to 1, has the slope 1
at 0, 1 − tanh² elsewhere, and is nearly flat far from 0. "Times 1.5, then tanh", twenty times over, has the
slope 3325 at x = 0, where every tanh is at its steepest. At x = 1 next to nothing is left of a change by the
same chain. (These are the runs grows and same_elsewhere; shrinks is "times 0.5, then tanh", from x = 1, and
has less than the millionth, since its tanh's slopes are below 1.)

The product of slopes is compared with autograd, PyTorch's own derivative, and with a small step h, which
knows no rule: (f(x + h) − f(x − h)) / 2h.

    python experiments/chain_rule.py

It prints the slopes of short chains, function by function. In TensorBoard, open Images: how large a change
has become after each function of a short chain, or each layer of a deep one.
Try  --only cubed_bowl --chain '[exp, ln]'  (one undoes the other: their slopes multiply to 1),  or  --only
grows --layers 10  (half as deep: 57.7, and 57.7² is 3325).
"""

from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from matplotlib.figure import Figure
from rich.table import Table
from torch import Tensor

from zoo.calculus.activations import sigmoid, sigmoid_vjp, tanh, tanh_vjp
from zoo.calculus.elementary import add, add_vjp, exp, exp_vjp, ln, ln_vjp, power, power_vjp, scale, scale_vjp
from zoo.differentiation import derivatives, left_out, small_step
from zoo.errors import InputError
from zoo.figures import compare, panels, styles
from zoo.measuring import Case, MeasurementCLI
from zoo.report import Report
from zoo.theory import slopes
from zoo.theory.rounding import UNIT
from zoo.verdict import Prediction, Quantity

Name = Literal["square", "cube", "add_one", "exp", "ln", "tanh", "sigmoid"]
FUNCTIONS: dict[str, Any] = {  # f; by hand, f_vjp(g, u) = g f′(u); and a constant, if f has one
    "square": (power, power_vjp, 2),
    "cube": (power, power_vjp, 3),
    "add_one": (add, add_vjp, 1),
    "exp": (exp, exp_vjp),
    "ln": (ln, ln_vjp),
    "tanh": (tanh, tanh_vjp),
    "sigmoid": (sigmoid, sigmoid_vjp),
}
STEP = 1e-6  # h


@dataclass
class Settings:
    """A chain of functions, and where it begins.

    Args:
        chain: names of functions, and numbers, which multiply; the first one first.
        layers: how many times over the chain is gone through.
        at: x.
    """

    chain: list[float | Name] = field(default_factory=lambda: ["square", "add_one", "cube"])
    layers: int = 1
    at: float = 1.0

    def __post_init__(self) -> None:
        if not (self.layers >= 1 and 1 <= len(self.functions) <= 100):
            long = f"layers is {self.layers} and chain has {len(self.chain)} functions"
            raise InputError(f"{long}; choose at least 1 of both, and at most 100 functions in all")
        us, _, products = self.follow(number(self.at))
        usual = bool(us.isfinite().all()) and 1e-100 < abs(products[-1]) < 1e100
        if not (usual and roundings(self) < 1e-6):
            lost = "there a number is not finite, or a slope is 0 or lost in roundings: choose another"
            raise InputError(f"at is {self.at} and chain {self.chain}; {lost}")

    @property
    def functions(self) -> list[Any]:
        """Function, derivative and constant of the whole chain, one after another."""
        return [FUNCTIONS.get(u, (scale, scale_vjp, u)) for u in self.chain] * self.layers

    def follow(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """After every function: what comes out, its own slope there, and the product of slopes so far."""
        us, slopes = [x], []
        for f, f_vjp, *constant in self.functions:
            slopes.append(f_vjp(torch.ones_like(x), us[-1], *constant)[0])
            us.append(f(us[-1], *constant))
        return torch.stack(us[1:]), torch.stack(slopes), torch.stack(slopes).cumprod(dim=0)

    def f(self, x: Tensor) -> Tensor:
        """What the whole chain makes of x."""
        return self.follow(x)[0][-1]


def main(args: list[str] | None = None) -> Report:
    """Predict, measure, judge."""
    cli = MeasurementCLI(__file__, Settings, args)
    cli.announce(p for case in cli.cases for p in predict(case))
    measured = cli.measure(measure)
    tables = [table(case) for case in cli.cases if len(case.settings.functions) <= 8]
    return cli.report(measured, {"chains": draw(cli.cases)}, tables)


def predict(case: Case[Settings]) -> list[Prediction]:
    """The slope of the chain is the product of all slopes; of tanh and σ no slope is above the steepest."""
    s, name = case.settings, case.variant
    value, share = float(s.follow(number(s.at))[2][-1]), roundings(s)
    rounding = {"rtol": share, "because": "roundings of every slope"}
    claim = f"f′({s.at:g}), the product of {len(s.functions)} slopes"
    found = [Prediction(f"{name}.at", f"{claim}; by autograd", value, "chain rule", **rounding)]
    if (error := off(s)) < abs(value):  # else a step has nothing to say
        step = {
            "atol": error + share * abs(value),
            "because": "h² f‴/6, which a step leaves out; roundings, over h",
        }
        found.append(Prediction(f"{name}.step", f"{claim}; by a small step", value, "chain rule", **step))
    if any(isinstance(u, str) and u not in ("tanh", "sigmoid") for u in s.chain):
        return found
    most = 1.0
    for u in s.chain * s.layers:
        most *= slopes.largest(u) if isinstance(u, str) else abs(u)
    claim = "|f′|, at most the product of the steepest slopes"
    return [*found, Prediction(f"{name}.most", claim, most, "chain rule", "≤", **rounding)]


def measure(case: Case[Settings]) -> dict[str, Quantity]:
    """The slope of the whole chain, by autograd and by a small step."""
    s, x = case.settings, number(case.settings.at)
    slope = float(derivatives(s.f, x, 1)[1])
    return {"at": slope, "step": float(small_step(s.f, x, STEP)), "most": abs(slope)}


def roundings(s: Settings) -> float:
    """How far, as a share, products of slopes may differ: a flat tanh has 1 − tanh², which cancels."""
    _, slopes, _ = s.follow(number(s.at))
    return float((8 * UNIT / slopes.abs().clamp(max=1)).sum())


def off(s: Settings) -> float:
    """How far a small step is off: by h² f‴/6, and by roundings, which the chain carries on, over h."""
    us, slopes, _ = s.follow(number(s.at + STEP))
    rounding = 0.0
    for u, slope in zip(us.abs().tolist(), slopes.abs().tolist(), strict=True):
        rounding = slope * rounding + 4 * UNIT * u
    return float(left_out(s.f, number(s.at), STEP)) + rounding / STEP


def number(value: float) -> Tensor:
    """A number, in float64."""
    return torch.tensor(value, dtype=torch.float64)


def table(case: Case[Settings]) -> Table:
    """A chain, function by function: its slope, where the chain has come to, and the product so far."""
    s = case.settings
    names = [u if isinstance(u, str) else f"{u:g} times" for u in s.chain * s.layers]
    us, slopes, products = (x.tolist() for x in s.follow(number(s.at)))
    columns = ("function", "comes in", "slope there", "product so far")
    found = Table(*columns, title=f"{case.variant}, from x = {s.at:g}", title_justify="left")
    for name, *values in zip(names, [s.at, *us[:-1]], slopes, products, strict=True):
        found.add_row(name, *(f"{value:.6g}" for value in values))
    return found


def draw(cases: list[Case[Settings]]) -> Figure:
    """How large a change has become: by a small step, and by the product of slopes."""
    figure, axes = panels("short chains; markers: small steps", "deep ones; lines: products of slopes")
    for style, case in zip(styles(), cases, strict=False):
        s, x, deep = case.settings, number(case.settings.at), case.settings.layers > 1
        every = len(s.chain) if deep else 1
        ways = (small_step(lambda x, s=s: s.follow(x)[0], x, STEP), s.follow(x)[2])
        sizes = [(way.abs() if deep else way)[every - 1 :: every].tolist() for way in ways]
        compare(axes[deep], case.variant, style, *(list(enumerate([1.0, *size])) for size in sizes))
    axes[0].set(xlabel="functions passed", ylabel="size of a change, before: 1", yscale="symlog")
    axes[1].set(xlabel="layers passed", ylabel="size of the change", yscale="log")
    for pane, place in zip(axes, ("center right", "lower left"), strict=True):
        pane.xaxis.get_major_locator().set_params(integer=True)
        if pane.lines:
            pane.legend(loc=place)
    axes[0].set_yticks(ticks := [-1, -0.5, 0, 0.5, 1, 2, 6, 24], map(str, ticks))
    return figure


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
