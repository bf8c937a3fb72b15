"""What is the chain rule where every function has many inputs?

Law: J = J_n ⋯ J_2 J_1: the Jacobian of a chain, its table of partial derivatives, is the product of those of
its functions, the last one on the left.

A layer with two inputs and two outputs has four slopes: how much each output changes for a small change of
each input, the other input being held. They make a table, the Jacobian, with a row for each output and a
column for each input. If a second layer follows, the first input reaches the first output in two ways: by
either unit between. Along a way slopes multiply, as in a chain of numbers; what arrives by several ways adds
up. To multiply along and to add across is what the product of two matrices does.

But matrices, unlike numbers, give another product in another order, or fit in no other order at all. With one
unit in each layer the order does not matter, as 2 · 3 is 3 · 2. With two it does. Where a text on networks
writes ∂L/∂x = ∂L/∂h · ∂h/∂x, with h the numbers between the input x and the loss L, these are matrices and
have to keep their places.

Here a layer turns h into tanh(W h), with a table W of weights; tanh, an S from −1 to 1, is taken of every
entry. Its Jacobian has the entries tanh′ · w. The product is compared with autograd, PyTorch's own derivative
of the chain; one entry, and the figure, with small steps: (y(x + t) − y(x − t)) / 2t, if y is what comes out.

    python experiments/vector_chain_rule.py

In TensorBoard, open Images: a circle of small changes, and the ellipse that the chain makes of it; and all
entries of J.
Try  --only two_units --weights '[[[1, 0], [0, 2]], [[3, 0], [0, 1]]]'  (no unit reaches the other: two chains
of numbers, and the order does not matter),  or  --only narrowing --at '[0, 0, 0, 0]'  (at 0 each tanh has the
slope 1: J is the product of the weights).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import reduce
from itertools import pairwise
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from zoo.calculus.activations import tanh, tanh_vjp
from zoo.differentiation import left_out, small_step
from zoo.errors import InputError
from zoo.figures import COLOURS, compare, panels, styles
from zoo.measuring import Case, MeasurementCLI
from zoo.report import Report
from zoo.theory import jacobians as theory
from zoo.theory.rounding import UNIT
from zoo.verdict import Prediction, Quantity

STEP = 1e-5  # t
NO_FIT = "does not fit"


@dataclass
class Settings:
    """A chain of layers tanh(W h), and where it begins.

    Args:
        weights: W of every layer, the first one first: a row for each output, a column for each input.
        at: x, what goes into the first layer.
    """

    weights: list[list[list[float]]] = field(default_factory=lambda: [[[2.0]], [[-0.5]]])
    at: list[float] = field(default_factory=lambda: [0.4])

    def __post_init__(self) -> None:
        if not (2 <= len(self.weights) <= 5 and all(1 <= width <= 8 for width in self.widths)):
            through = " → ".join(map(str, self.widths))
            raise InputError(f"weights and at make a chain {through}; choose 2 to 5 layers of 1 to 8 numbers")
        for rows, width in zip(self.weights, self.widths, strict=False):
            if any(len(row) != width for row in rows):
                raise InputError(f"weights has {rows}, where {width} numbers come in; give each row {width}")
        if not all(abs(x) <= 100 for x in [*self.at, *(x for w in self.weights for row in w for x in row)]):
            raise InputError(f"weights is {self.weights} and at {self.at}; choose numbers from -100 to 100")

    @property
    def widths(self) -> list[int]:
        """How many numbers go in, between the layers, and out."""
        return [len(self.at), *map(len, self.weights)]

    @property
    def axes(self) -> Tensor:
        """A row for each input: that input moved by 1, the others held."""
        return torch.eye(len(self.at), dtype=torch.float64)


def main(args: list[str] | None = None) -> Report:
    """Predict, measure, judge."""
    cli = MeasurementCLI(__file__, Settings, args)
    cli.announce(p for case in cli.cases for p in predict(case))
    measured = cli.measure(measure)
    return cli.report(measured, {"jacobians": draw(cli.cases)})


def predict(case: Case[Settings]) -> list[Prediction]:
    """An entry of J, way by way; all of J, as a product; and what the product in the other order is."""
    s, name, js = case.settings, case.variant, jacobians(case.settings, by_hand)
    ways, apart = math.prod(s.widths[1:-1]), other_order(js, in_order(js))
    slack = {
        "atol": 2 * off_by_rounding(s),
        "because": "roundings of slopes 1 − tanh², and of their products",
    }
    step = {"atol": off(s), "because": "t² y‴/6, which a step leaves out; roundings, over t"}
    entry = f"∂y₁/∂x₁, added up over {ways} way{'s' * (ways > 1)}; by a small step"
    value = theory.sum_of_ways([j.tolist() for j in js], 0, 0)
    product, other = "largest |J_n ⋯ J_1 − J|, J by autograd", "the same in the other order, J_1 ⋯ J_n"
    return [
        Prediction(f"{name}.entry", entry, value, "chain rule", **step),
        Prediction(f"{name}.product", product, 0.0, "chain rule", **slack),
        Prediction(f"{name}.other", other, apart, "matrices", **(slack if apart != NO_FIT else {})),
    ]


def measure(case: Case[Settings]) -> dict[str, Quantity]:
    """The entry by a small step; J by autograd, and autograd's Jacobians of the layers in the other order."""
    s, product = case.settings, in_order(jacobians(case.settings, by_hand))
    whole = torch.func.jacrev(lambda by: moved(s, by))(0 * tensor(s.at))
    return {
        "entry": float(by_small_steps(s, s.axes)[0, 0]),
        "product": float((product - whole).abs().max()),
        "other": other_order(jacobians(s, torch.func.jacrev(layer)), whole),
    }


def layer(h: Tensor, w: Tensor) -> Tensor:
    """tanh(W h); of many h, (N, I), as many rows."""
    return tanh(h @ w.T)


def by_hand(h: Tensor, w: Tensor) -> Tensor:
    """∂tanh(W h)/∂h: every row of W times the slope of its tanh."""
    z = w @ h
    return tanh_vjp(torch.ones_like(z), z)[0][:, None] * w


def jacobians(s: Settings, of: Callable[[Tensor, Tensor], Tensor]) -> list[Tensor]:
    """Every layer's Jacobian, taken where the chain has come to."""
    h, found = tensor(s.at), []
    for w in map(tensor, s.weights):
        found.append(of(h, w))
        h = layer(h, w)
    return found


def in_order(js: list[Tensor]) -> Tensor:
    """J_n ⋯ J_2 J_1."""
    return torch.linalg.multi_dot(js[::-1])


def other_order(js: list[Tensor], whole: Tensor) -> float | str:
    """How far J_1 J_2 ⋯ J_n is from J."""
    fits = all(len(after) == before.shape[1] for before, after in pairwise(js))
    other = in_order(js[::-1]) if fits else None
    return float((other - whole).abs().max()) if fits and other.shape == whole.shape else NO_FIT


def moved(s: Settings, by: Tensor) -> Tensor:
    """What comes out of the chain at x + by, (N, I); as many rows."""
    return reduce(layer, map(tensor, s.weights), tensor(s.at) + by)


def by_small_steps(s: Settings, u: Tensor) -> Tensor:
    """(y(x + t u) − y(x − t u)) / 2t for every direction u of (N, I)."""
    return small_step(lambda t: moved(s, t * u), tensor(0.0), STEP)


def off(s: Settings) -> float:
    """How far a small step of the first input is off in the first output: by t² y‴/6, and by roundings."""
    missed = left_out(lambda t: moved(s, t[..., None] * s.axes[0])[..., 0], tensor(0.0), STEP)
    sizes = (1 + float(tensor(numbers).abs().sum()) for numbers in (s.at, *s.weights))
    return float(missed) + 16 * len(s.weights) * UNIT * math.prod(sizes) / STEP


def off_by_rounding(s: Settings) -> float:
    """How far two computed products of all J_k may differ, in any order: Σ_k ‖E_k‖ Π_{j≠k} (‖J_j‖ + ‖E_j‖).

    E_k is what two computed J_k may differ by; ‖·‖ is the largest sum of |entries| in a row, and that of a
    product is at most the product of theirs. A slope 1 − tanh² is the difference of numbers near 1 where the
    S is flat: it is off by up to 8 units of 1, however small it is, and W multiplies that. What h has been
    off by comes on top, as |tanh″| ≤ 2 tanh′; and 16 units of J_k, for 8 products and sums in either way.
    """
    h, h_off, sizes, offs = tensor(s.at), 0 * tensor(s.at), [], []
    for w in map(tensor, s.weights):
        j, slope = by_hand(h, w).abs(), tanh_vjp(0 * (w @ h) + 1, w @ h)[0]
        z_off = w.abs() @ (h_off + 16 * UNIT * h.abs())
        j_off = (2 * slope * z_off + 8 * UNIT)[:, None] * w.abs() + 16 * UNIT * j
        sizes.append(float(j.sum(dim=1).max()))
        offs.append(float(j_off.sum(dim=1).max()))
        h, h_off = layer(h, w), slope * z_off + 8 * UNIT
    total = math.prod(size + off for size, off in zip(sizes, offs, strict=True))
    return sum(total * off / (size + off) for size, off in zip(sizes, offs, strict=True) if off)


def tensor(values: Any) -> Tensor:
    """Numbers, in float64."""
    return torch.tensor(values, dtype=torch.float64)


def draw(cases: list[Case[Settings]]) -> Figure:
    """A circle of small changes and what becomes of it; and all entries of J."""
    figure, (left, right) = panels("a circle of small changes", "entries of J, row by row")
    for case in [case for case in cases if set(case.settings.widths) == {2}][:1]:
        draw_circle(left, case)
    for style, case in zip(styles(), cases, strict=False):
        s = case.settings
        ways = (by_small_steps(s, s.axes).T, in_order(jacobians(s, by_hand)))
        compare(right, case.variant, style, *(list(enumerate(j.flatten().tolist(), 1)) for j in ways))
    right.set(xlabel="number of the entry", ylabel="∂y/∂x")
    right.legend(title="markers: small steps; lines: J_n ⋯ J_1")
    return figure


def draw_circle(axes: Axes, case: Case[Settings]) -> None:
    """u all around, J u by small steps and by the product, and what the other order would make of u."""
    turn = torch.linspace(0, 2 * math.pi, 101, dtype=torch.float64)
    u, js = torch.stack([turn.cos(), turn.sin()], dim=1), jacobians(case.settings, by_hand)
    axes.plot(*u.T, color="0.7", label="changes u of x")
    ways = (by_small_steps(case.settings, u), u @ in_order(js).T)
    compare(axes, "J u", {"color": COLOURS[0], "marker": "o"}, *(way.tolist() for way in ways))
    axes.plot(*(u @ in_order(js[::-1]).T).T, "--", color=COLOURS[1], label="in the other order")
    axes.set(xlabel="first entry", ylabel="second entry")
    axes.set_aspect("equal", adjustable="datalim")
    axes.legend(title=case.variant, loc="upper right")


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
