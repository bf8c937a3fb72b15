"""How does following a slope downhill find the lowest point?

Law: on f = c (x − m)² each step x ← x − η f′(x) multiplies the distance from m by 1 − 2ηc, so that
x_k = m + (1 − 2ηc)^k (x_0 − m).

Where the slope f′ is positive f rises to the right, so the way down is to the left; where it is negative, to
the right. Subtracting the slope is right in both cases. How far to go is for you to say: η times the slope,
with a learning rate η that you choose. Near the bottom the slope fades, and with it the steps, so that
gradient descent slows down by itself; exactly on the bottom it stands. On a hill the same rule leads away
from the top, faster and faster.

    python experiments/gradient_descent.py

In TensorBoard, open Images: the points on their curve, and the distance from m, a straight line on this axis;
loss/height shows the loss of every step.
Try  --only bowl --model.optimizer.lr 0.3  (each step leaves 0.4 of the distance instead of 0.8),  or  --only
bowl --model.surface.start 33 --data.count 90  (ten times as far away, and eleven steps more).
"""

from typing import Any

import torch
from matplotlib.figure import Figure

from zoo.cli import ExperimentCLI
from zoo.conditions import require_parabola
from zoo.diagnostics import GradientNormMonitor, ParameterTrajectory
from zoo.errors import InputError
from zoo.figures import compare, legend, panels, styles
from zoo.report import Report
from zoo.run import Run
from zoo.theory import regimes
from zoo.theory.rounding import UNIT
from zoo.training import Minimizer
from zoo.verdict import Prediction, Quantity

NEAR = 1e-6  # as close to m as counts as having arrived


def main(args: list[str] | None = None) -> Report:
    """Predict, run, measure, judge."""
    callbacks = {"trajectory": ParameterTrajectory, "gradient_norms": GradientNormMonitor}
    cli = ExperimentCLI(__file__, Minimizer, args, callbacks)
    cli.announce(p for run in cli.runs for p in predict(run))
    cli.fit()
    measured = {run.variant: measure(run) for run in cli.runs}
    return cli.report(measured, {"descent": draw(cli.runs)})


def predict(run: Run[Minimizer]) -> list[Prediction]:
    """The slope at the start, the first points and the last, and how many steps it takes to arrive."""
    path, (m, c) = closed_form(run), parabola(run)
    claims = {
        "slope": (f"f′({path[0]:g}), the slope at the start", 2 * c * (path[0] - m)),
        "first": ("x_1, after one step", path[1]),
        "second": ("x_2, after two", path[2]),
        "last": (f"x_{len(path) - 1}, after the last", path[-1]),
    }
    found = [
        Prediction(f"{run.variant}.{quantity}", claim, value, "elementary", **off(run, path, quantity))
        for quantity, (claim, value) in claims.items()
    ]
    steps = arrival(path, m)
    if 0 < steps < len(path) and not any(rounding_decides(run, path[:end]) for end in (steps, steps + 1)):
        claim = f"steps until |x − {m:g}| < {NEAR:g}"
        found.append(Prediction(f"{run.variant}.steps", claim, steps, "elementary"))
    return found


def measure(run: Run[Minimizer]) -> dict[str, Quantity]:
    """The same from the points that training visited, and from autograd's gradient at the first."""
    recorded = run.callback(ParameterTrajectory)
    path = recorded.points[:, 0].tolist()
    slope, steps = float(recorded.gradients[0]), arrival(path, parabola(run)[0])
    return {"slope": slope, "first": path[1], "second": path[2], "last": path[-1], "steps": steps}


def off(run: Run[Minimizer], path: list[float], quantity: str) -> dict[str, Any]:
    """How far rounding may carry a quantity, and why."""
    m, c = parabola(run)
    if quantity == "slope":
        slack = 16 * UNIT * abs(c) * (abs(path[0]) + abs(m))
        return {"atol": slack, "because": "roundings by 1.1e-16 of the two terms of the slope"}
    so_far = path[: {"first": 2, "second": 3}.get(quantity)]
    slack = regimes.rounding(so_far, run.optimizer["lr"], m, 2 * c)
    return {"atol": slack, "because": "roundings by 1.1e-16 in each step, which later steps multiply"}


def rounding_decides(run: Run[Minimizer], path: list[float]) -> bool:
    """Whether the last point is so nearly NEAR to m that rounding may carry it across.

    Only the last two of an arrival need a look: the farther back, the larger the distances, and the smaller
    the roundings.
    """
    m, c = parabola(run)
    return abs(abs(path[-1] - m) - NEAR) <= regimes.rounding(path, run.optimizer["lr"], m, 2 * c)


def closed_form(run: Run[Minimizer]) -> list[float]:
    """x_0 … x_K, as the config has the start."""
    (m, c), start = parabola(run), float(run.config.model.surface.init_args.start)
    if run.steps < 2:
        raise InputError(
            f"{run.variant} takes {run.steps:g} steps; choose 2 or more by data.count and trainer.max_steps"
        )
    return regimes.iterates(int(run.steps), run.optimizer["lr"], start, m, 2 * c)


def parabola(run: Run[Minimizer]) -> tuple[float, float]:
    """m and c of f = c (x − m)² + constant, of which the second derivative is 2c."""
    curvature, m = require_parabola(run)
    return m, curvature / 2


def arrival(path: list[float], m: float) -> int:
    """The first k with |x_k − m| < NEAR; the number of points, if none is."""
    return next((k for k, x in enumerate(path) if abs(x - m) < NEAR), len(path))


def draw(runs: list[Run[Minimizer]]) -> Figure:
    """The points on their curves, and the distance from m step by step with its closed form."""
    figure, (left, right) = panels("steps downhill", "distance from m")
    for style, run in zip(styles(), runs, strict=False):
        m, c = parabola(run)
        path = run.callback(ParameterTrajectory).points[:, 0]
        span = torch.linspace(-6.5, 6.5, 100)
        left.plot(m + span, c * span**2, color=style["color"], linewidth=0.7)
        compare(left, run.variant, style, [(x, c * (x - m) ** 2) for x in path.tolist()])
        distances = [list(enumerate(abs(x - m) for x in xs)) for xs in (path.tolist(), closed_form(run))]
        compare(right, f"{run.variant}, η = {run.optimizer['lr']:g}", style, *distances)
    left.set(xlabel="x", ylabel="f(x) − f(m)", xlim=(-4.5, 8), ylim=(-16, 16))
    right.set(xlabel="step k", ylabel="|x_k − m|", yscale="log")
    legend(figure, right, "markers: measured; lines: closed form")
    return figure


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
