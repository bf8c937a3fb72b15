"""Where does a gradient point, and what is it made of?

Law: ∇f = (∂f/∂x, ∂f/∂y), each a derivative in one variable while the other is held; in a direction u of
length 1 the slope is ∇f · u = ‖∇f‖ cos ∠(∇f, u), so that no direction is steeper than the gradient's.

With many variables there are many slopes: one for every direction in which one could go. The partial
derivatives are those along the axes, and they are enough, since all other slopes are mixtures of them. Along
the gradient f rises most, against it f falls most, and at a right angle to it f keeps its height. "Most" is
most per unit of length, and whoever measures length in another way gets another answer: if a step is as long
as its largest entry, the steepest one goes as far in every coordinate, by the signs of the gradient alone.
Nor does a large entry make a weight important: count the weight in tenths, and its entry is a tenth.

A network is a chain of functions of many variables. Each has a matrix of partial derivatives, its Jacobian,
and the chain rule multiplies these matrices. They have to stand in the order of the chain: matrices, unlike
numbers, give another product in another order.

    python experiments/gradients.py

In TensorBoard, open Images: f around the point with its gradient, and the slope measured in every direction
on the cosine that the gradient predicts.
Try  --only form --point '[-1, -2]'  (on the opposite side the gradient points the opposite way),  or  --only
form --point '[0, 0]'  (at the bottom every direction is flat, and no claim of a steepest one is left).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from zoo.errors import InputError
from zoo.figures import COLOURS, compare, legend, panels, styles
from zoo.measuring import Case, MeasurementCLI
from zoo.report import Report
from zoo.theory import partials
from zoo.theory.rounding import UNIT
from zoo.verdict import Prediction, Quantity

REACH = 1e-6  # how far out slopes are measured


@dataclass
class Settings:
    """A function of two variables, a point, and a chain of layers.

    Args:
        terms: [c, i, j] each; f(x, y) is the sum of all c xⁱ yʲ.
        point: x and y.
        angles: in how many directions slopes are measured.
        chain: 2×2 matrices W of layers h ← tanh(W h), the first one first; empty for no chain.
    """

    terms: list[list[float]] = field(default_factory=lambda: [[1.0, 2, 0], [1.0, 1, 1], [1.0, 0, 2]])
    point: list[float] = field(default_factory=lambda: [1.0, 2.0])
    angles: int = 720
    chain: list[list[list[float]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if len(self.point) != 2:
            raise InputError(f"point is {self.point}; it must be [x, y]")
        if not 8 <= self.angles <= 100_000:
            raise InputError(f"angles is {self.angles}; choose 8 to 100000")
        if any(len(w) != 2 or len(w[0]) != 2 or len(w[1]) != 2 for w in self.chain):
            raise InputError("chain has a matrix that is not 2×2, as in [[1, 2], [3, 4]]")
        if len(self.chain) == 1:
            raise InputError("chain has 1 matrix; the order of factors needs 2 or more, or none")


def main(args: list[str] | None = None) -> Report:
    """Predict, measure, judge."""
    cli = MeasurementCLI(__file__, Settings, args)
    cli.announce(p for case in cli.cases for p in predict(case))
    measured = cli.measure(measure)
    return cli.report(measured, {"gradient": draw(cli.cases)})


def predict(case: Case[Settings]) -> list[Prediction]:
    """The partial derivatives, and what follows from them for every direction."""
    s, name = case.settings, case.variant
    if s.chain:
        return predict_chain(case)
    g, where = partials.gradient(s.terms, *s.point), f"({s.point[0]:g}, {s.point[1]:g})"
    slack = {"atol": rounding(s), "because": "two ways of adding up the terms, in float64"}
    found = [
        Prediction(f"{name}.d{v}", f"∂f/∂{v} at {where}", slope, "power rule", **slack)
        for v, slope in zip("xy", g, strict=True)
    ]
    bend = off(s)
    slack = {"atol": bend, "because": "how f bends within the reach of 1e-6, and rounding divided by it"}
    claim = "largest |slope − ‖∇f‖ cos ∠(∇f, u)| of all directions u"
    found.append(Prediction(f"{name}.cosine", claim, 0.0, "chain rule", **slack))
    steepest = partials.steepest_slope(g, "euclidean")
    return found if steepest < 1000 * bend else found + predict_steepest(case, g, bend / steepest)


def predict_steepest(case: Case[Settings], g: tuple[float, float], bend: float) -> list[Prediction]:
    """Which direction is steepest, and how steep; bend is how wrong, relatively, measured slopes may be."""
    name, half = case.variant, math.pi / case.settings.angles
    # A cosine is so flat at its top that an error of the slopes counts there by its square root.
    slack = {
        "atol": math.degrees(half + math.sqrt(4 * bend)),
        "because": "half the angle between directions tried, and slopes are known to so much only",
    }
    claim = "angle between the steepest direction and ∇f, degrees"
    found = [Prediction(f"{name}.angle", claim, 0.0, "Cauchy & Schwarz", **slack)]
    lengths: list[tuple[partials.Norm, str]] = [
        ("euclidean", "√(u_x² + u_y²)"),
        ("largest", "max(|u_x|, |u_y|)"),
        ("sum", "|u_x| + |u_y|"),
    ]
    for norm, length in lengths:
        slack = {
            "rtol": 2 * bend + 2 * half,
            "because": "f bends within the reach, and directions tried may miss a corner by half their angle",
        }
        claim, slope = f"largest slope where {length} = 1", partials.steepest_slope(g, norm)
        found.append(Prediction(f"{name}.{norm}", claim, slope, "dual norms", **slack))
    return found


def predict_chain(case: Case[Settings]) -> list[Prediction]:
    """The Jacobian of a chain is the product of its layers', in one order and not in the other."""
    by_hand = local_jacobians(case.settings)
    right, wrong = (torch.linalg.multi_dot(order) for order in (by_hand[::-1], by_hand))
    size = float(torch.stack([j.abs().sum() for j in by_hand]).prod())
    slack = {"atol": 16 * len(by_hand) * UNIT * size, "because": "two orders of multiplying, in float64"}
    apart = float((right - wrong).abs().max())
    claims = {
        "product": ("largest |J_n … J_2 J_1 − autograd's Jacobian|", 0.0),
        "reversed": ("the same with J_1 J_2 … J_n, in the other order", apart),
    }
    return [
        Prediction(f"{case.variant}.{key}", *claim, "chain rule", **slack) for key, claim in claims.items()
    ]


def measure(case: Case[Settings]) -> dict[str, Quantity]:
    """Autograd's derivatives, and the slopes that f shows in all directions."""
    s = case.settings
    if s.chain:
        return measure_chain(s)
    g = by_autograd(s)
    u = directions(s)
    measured = slopes(s, u)
    best = u[measured.argmax()]
    return {
        "dx": float(g[0]),
        "dy": float(g[1]),
        "cosine": float((measured - u @ tensor(partials.gradient(s.terms, *s.point))).abs().max()),
        "angle": abs(math.degrees(math.atan2(float(g[0] * best[1] - g[1] * best[0]), float(g @ best)))),
        "euclidean": float(measured.max()),
        "largest": float(slopes(s, u / u.abs().amax(dim=1, keepdim=True)).max()),
        "sum": float(slopes(s, u / u.abs().sum(dim=1, keepdim=True)).max()),
    }


def measure_chain(s: Settings) -> dict[str, Quantity]:
    """Autograd's Jacobian of the whole chain, against products of autograd's Jacobians of its layers."""
    h, layers = tensor(s.point), []
    for w in map(tensor, s.chain):
        layers.append(torch.func.jacrev(layer)(h, w))
        h = layer(h, w)
    whole = torch.func.jacrev(lambda x: reduce(layer, map(tensor, s.chain), x))(tensor(s.point))
    by_hand = torch.linalg.multi_dot(local_jacobians(s)[::-1])
    return {
        "product": float((by_hand - whole).abs().max()),
        "reversed": float((torch.linalg.multi_dot(layers) - whole).abs().max()),
    }


def layer(h: Tensor, w: Tensor) -> Tensor:
    """tanh(W h)."""
    return torch.tanh(w @ h)


def local_jacobians(s: Settings) -> list[Tensor]:
    """∂tanh(W h)/∂h = diag(1 − tanh²(W h)) W of every layer, where the chain has come to."""
    h, found = tensor(s.point), []
    for w in map(tensor, s.chain):
        h = layer(h, w)
        found.append((1 - h**2)[:, None] * w)
    return found


def height(s: Settings, p: Tensor) -> Tensor:
    """f at points p (N, 2)."""
    return sum((c * p[:, 0] ** int(i) * p[:, 1] ** int(j) for c, i, j in s.terms), start=0 * p[:, 0])


def by_autograd(s: Settings) -> Tensor:
    """∇f."""
    p = tensor([s.point]).requires_grad_()
    return torch.autograd.grad(height(s, p).sum(), p)[0][0]


def directions(s: Settings) -> Tensor:
    """Vectors of length 1, all around: (angles, 2)."""
    turn = 2 * math.pi * torch.arange(s.angles, dtype=torch.float64) / s.angles
    return torch.stack([turn.cos(), turn.sin()], dim=1)


def slopes(s: Settings, u: Tensor) -> Tensor:
    """(f(p + r u) − f(p)) / r for every u of (N, 2): how f rises in that direction, by its values alone."""
    p = tensor([s.point])
    return (height(s, p + REACH * u) - height(s, p)) / REACH


def off(s: Settings) -> float:
    """How far a slope over the reach may lie from that at the point."""
    return REACH * partials.curvature_bound(s.terms, *s.point, REACH) / 2 + 4 * rounding(s) / REACH


def rounding(s: Settings) -> float:
    """How far two ways of computing f or a partial derivative of it may differ."""
    positive = [(abs(c), i, j) for c, i, j in s.terms]
    x, y = (abs(v) + 1 for v in s.point)
    sizes = (partials.partial(positive, x, y), *partials.gradient(positive, x, y))
    return 8 * len(s.terms) * UNIT * max(sizes)


def tensor(values: Sequence[Any]) -> Tensor:
    """Numbers, in float64."""
    return torch.tensor(values, dtype=torch.float64)


def draw(cases: list[Case[Settings]]) -> Figure:
    """Height lines with the gradient at the point, and the slope in every direction."""
    figure, (left, right) = panels("the gradient, across the height lines", "slope in every direction")
    surfaces = [case for case in cases if not case.settings.chain]
    if surfaces:
        draw_heights(left, surfaces[0].settings)
    for style, case in zip(styles(), surfaces, strict=False):
        u, g = directions(case.settings), tensor(partials.gradient(case.settings.terms, *case.settings.point))
        steepness = float(g.norm()) or 1.0
        turn = torch.arange(len(u)) * 360 / len(u)
        series = [
            list(zip(turn.tolist(), (y / steepness).tolist(), strict=True))
            for y in (slopes(case.settings, u), u @ g)
        ]
        compare(right, case.variant, style, *series)
    right.set(xlabel="direction, degrees from the x axis", ylabel="slope / ‖∇f‖", xticks=range(0, 361, 90))
    legend(figure, right, "markers: measured; lines: ∇f · u")
    return figure


def draw_heights(axes: Axes, s: Settings) -> None:
    """f around the point, and ∇f as an arrow."""
    x, y = (torch.linspace(v - 2, v + 2, 81, dtype=torch.float64) for v in s.point)
    grid = torch.cartesian_prod(x, y)
    z = height(s, grid).reshape(81, 81).T
    axes.contour(x, y, z, levels=25, colors="0.7", linewidths=0.8)
    g = by_autograd(s)
    if g.norm():
        axes.annotate(
            "", tensor(s.point) + g / g.norm(), s.point, arrowprops={"color": COLOURS[1], "width": 1.5}
        )
    axes.plot(*s.point, "o", color=COLOURS[0])
    axes.set(xlabel="x", ylabel="y", aspect="equal")


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
