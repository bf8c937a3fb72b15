"""Where does a gradient point, and what is it made of?

Law: ∇f = (∂f/∂x, ∂f/∂y), each a derivative in one variable while the other is held; in the direction u, of
length 1, the slope is ∇f · u = ‖∇f‖ cos ∠(∇f, u), so that no direction is steeper than the gradient's.

A hillside has many slopes at one point: one for every direction in which one could walk. The partial
derivatives ∂f/∂x and ∂f/∂y are those along the axes: to find ∂f/∂x, treat y as a number. They are enough, as
the slope along u is mixed from them: ∂f/∂x · u_x + ∂f/∂y · u_y, which is written ∇f · u. It is largest where
u has the direction of ∇f, and there it is the length ‖∇f‖. Against ∇f, f falls as fast; at a right angle to
it, f keeps its height. So ∇f points uphill, but that does not make all of its entries positive.

"Steepest" is per unit of length, and whoever measures length in another way gets another answer. The usual
length of u, √(u_x² + u_y²), is Euclid's. If a step is as long as its largest entry, the steepest one goes as
far in every coordinate, and only the signs of ∇f count. Nor does a large entry make a weight important: count
the weight in tenths, and its entry is a tenth.

Partial derivatives are predicted by hand and measured by autograd, PyTorch's own derivative. Slopes are
measured on f itself: (f(p + r u) − f(p)) / r, with r = 0.000001, for 720 directions u around the point p.

    python experiments/gradients.py

In TensorBoard, open Images: a map of f with lines of equal height and the gradient as an arrow; and the slope
in every direction, on the cosine that the gradient predicts.
Try  --only form --point '[-1, -2]'  (on the opposite side the gradient points the opposite way),  or  --only
form --point '[0, 0]'  (at the bottom every direction is flat: nothing is claimed of a steepest one).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
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
from zoo.verdict import Prediction, Quantity

REACH = 1e-6  # r, how far out slopes are measured
LENGTHS: dict[partials.Norm, tuple[str, Callable[[Tensor], Tensor]]] = {  # of steps u, (N, 2)
    "euclidean": ("√(u_x² + u_y²)", lambda u: u.norm(dim=1, keepdim=True)),
    "largest": ("max(|u_x|, |u_y|)", lambda u: u.abs().amax(dim=1, keepdim=True)),
    "sum": ("|u_x| + |u_y|", lambda u: u.abs().sum(dim=1, keepdim=True)),
}


@dataclass
class Settings:
    """A function of two variables, and a point.

    Args:
        terms: [c, i, j] each; f(x, y) is the sum of all c xⁱ yʲ.
        point: x and y.
        directions: in how many directions slopes are measured; 0 for the partial derivatives alone.
    """

    terms: list[list[float]] = field(default_factory=lambda: [[1.0, 2, 0], [1.0, 1, 1], [1.0, 0, 2]])
    point: list[float] = field(default_factory=lambda: [1.0, 2.0])
    directions: int = 720

    def __post_init__(self) -> None:
        if len(self.point) != 2:
            raise InputError(f"point is {self.point}; it must be [x, y]")
        if not any(term[:1] != [0] for term in self.terms):
            raise InputError(f"terms is {self.terms}; choose one or more, with a c above 0 or below")
        if self.directions and not 8 <= self.directions <= 100_000:
            raise InputError(f"directions is {self.directions}; choose 8 to 100000, or 0 for none")

    @property
    def gradient(self) -> tuple[float, float]:
        """∇f, by hand."""
        return partials.gradient(self.terms, *self.point)

    def f(self, p: Tensor) -> Tensor:
        """f at points p, (N, 2)."""
        return sum((c * p[:, 0] ** int(i) * p[:, 1] ** int(j) for c, i, j in self.terms), start=0 * p[:, 0])


def main(args: list[str] | None = None) -> Report:
    """Predict, measure, judge."""
    cli = MeasurementCLI(__file__, Settings, args)
    cli.announce(p for case in cli.cases for p in predict(case))
    measured = cli.measure(measure)
    return cli.report(measured, {"gradient": draw(cli.cases)})


def predict(case: Case[Settings]) -> list[Prediction]:
    """f and its partial derivatives; and, where directions are tried, what follows for all of them."""
    s, name = case.settings, case.variant
    where = f"({s.point[0]:g}, {s.point[1]:g})"
    slack = {"atol": partials.rounding(s.terms, *s.point), "because": "two ways of adding up the terms"}
    height = partials.partial(s.terms, *s.point)
    found = [Prediction(f"{name}.height", f"f{where}", height, "elementary", **slack)]
    found += [
        Prediction(f"{name}.d{v}", f"∂f/∂{v} at {where}", slope, "power rule", **slack)
        for v, slope in zip("xy", s.gradient, strict=True)
    ]
    return found + predict_directions(case) if s.directions else found


def predict_directions(case: Case[Settings]) -> list[Prediction]:
    """The slope in every direction is a cosine, and its top is in the gradient's; unless all is flat."""
    s, name = case.settings, case.variant
    off, steepest = partials.slope_error(s.terms, *s.point, REACH), math.hypot(*s.gradient)
    slack = {"atol": off, "because": "f bends within r, and roundings are divided by r"}
    claim = "largest |slope − ∇f · u| in any direction u"
    found = [Prediction(f"{name}.cosine", claim, 0.0, "chain rule", **slack)]
    if steepest < 1000 * off:
        return found
    between = math.pi / s.directions
    # A cosine is so flat at its top that an error of the slopes counts there by its square root.
    angle = math.degrees(between + 2 * math.sqrt(off / steepest))
    slack = {"atol": angle, "because": "half the angle between directions; slopes are known to so much only"}
    claim = "angle between the steepest direction and ∇f, degrees"
    found.append(Prediction(f"{name}.angle", claim, 0.0, "Cauchy & Schwarz", **slack))
    slack = {"rtol": 2 * (off / steepest + between), "because": "the same, where the length has a corner"}
    for norm, (length, _) in LENGTHS.items():
        claim, slope = f"largest slope where {length} = 1", partials.steepest_slope(s.gradient, norm)
        found.append(Prediction(f"{name}.{norm}", claim, slope, "dual norms", **slack))
    least = min(map(abs, s.gradient))
    if least > 1000 * off:
        claim = "least slope along one axis, towards its entry's sign"
        slack = {"atol": off, "because": "f bends within r, and roundings are divided by r"}
        found.append(Prediction(f"{name}.alone", claim, least, "definition", **slack))
        claim = "angle between ∇f and the steepest step where max(|u_x|, |u_y|) = 1, degrees"
        turn = math.degrees(partials.signs_angle(s.gradient))
        # Beside a corner of the box the slope falls at another rate on either side, so the direction on the
        # gentler one may win, though it is farther from the corner. There u is √2 long: off counts twice.
        far = math.degrees(2 * between + 4 * off / least)
        slack = {"atol": far, "because": "the angle between directions; slopes are known to so much only"}
        found.append(Prediction(f"{name}.turned", claim, turn, "dual norms", **slack))
    return found


def measure(case: Case[Settings]) -> dict[str, Quantity]:
    """Autograd's derivatives, and the slopes that f shows in all directions."""
    s, g = case.settings, by_autograd(case.settings)
    found: dict[str, Quantity] = {"dx": float(g[0]), "dy": float(g[1])}
    found["height"] = float(s.f(tensor([s.point])))
    if not s.directions:
        return found
    u = around(s.directions)
    slope, boxed = slopes(s, u), u / LENGTHS["largest"][1](u)
    return found | {
        "cosine": float((slope - u @ tensor(s.gradient)).abs().max()),
        "alone": float(slopes(s, torch.diag(tensor(s.gradient).sign())).min()),
        "angle": degrees_between(u[slope.argmax()], g),
        "turned": degrees_between(boxed[slopes(s, boxed).argmax()], g),
        **{norm: float(slopes(s, u / length(u)).max()) for norm, (_, length) in LENGTHS.items()},
    }


def degrees_between(u: Tensor, v: Tensor) -> float:
    """The angle between two vectors."""
    return abs(math.degrees(math.atan2(float(v[0] * u[1] - v[1] * u[0]), float(u @ v))))


def by_autograd(s: Settings) -> Tensor:
    """∇f."""
    p = tensor([s.point]).requires_grad_()
    return torch.autograd.grad(s.f(p).sum(), p)[0][0]


def around(directions: int) -> Tensor:
    """Vectors of length 1, all around: (directions, 2)."""
    turn = 2 * math.pi * torch.arange(directions, dtype=torch.float64) / directions
    return torch.stack([turn.cos(), turn.sin()], dim=1)


def slopes(s: Settings, u: Tensor) -> Tensor:
    """(f(p + r u) − f(p)) / r for every u of (N, 2): how f rises in that direction, by its values alone."""
    p = tensor([s.point])
    return (s.f(p + REACH * u) - s.f(p)) / REACH


def tensor(values: Any) -> Tensor:
    """Numbers, in float64."""
    return torch.tensor(values, dtype=torch.float64)


def draw(cases: list[Case[Settings]]) -> Figure:
    """A map of the first function with its gradient; of every function the slope in all directions."""
    figure, (left, right) = panels(f"{cases[0].variant}: equal heights, and ∇f", "slope in every direction")
    draw_map(left, cases[0].settings)
    u = around(360)
    for style, case in zip(styles(), cases, strict=False):
        s, size = case.settings, math.hypot(*case.settings.gradient) or 1.0
        ways = (slopes(s, u) / size, u @ tensor(s.gradient) / size)
        compare(right, case.variant, style, *(list(enumerate(way.tolist())) for way in ways))
    right.set(xlabel="direction u, degrees from the x axis", ylabel="slope / ‖∇f‖", xticks=range(0, 361, 90))
    legend(figure, right, "markers: measured; lines: ∇f · u")
    return figure


def draw_map(axes: Axes, s: Settings) -> None:
    """Lines of equal height around the point, and the direction of ∇f as an arrow."""
    x, y = (torch.linspace(v - 2, v + 2, 81, dtype=torch.float64) for v in s.point)
    axes.contour(
        x, y, s.f(torch.cartesian_prod(x, y)).reshape(81, 81).T, levels=25, colors="0.7", linewidths=0.8
    )
    g = by_autograd(s)
    if g.norm():
        tip = tensor(s.point) + g / g.norm()
        axes.annotate("", tip, s.point, arrowprops={"color": COLOURS[1], "width": 1.5})
    axes.plot(*s.point, "o", color=COLOURS[0])
    axes.set(xlabel="x", ylabel="y", aspect="equal")


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
