"""Which way does a loss push an output, and how hard?

Law: ∂L/∂p is 2(p − y) by the squared error and (p − y)/(p(1 − p)) by cross-entropy. A sigmoid before it
multiplies both by p(1 − p): cross-entropy is left with p − y, the squared error with next to nothing where p
is certain, right or wrong.

Training begins at the loss L: its slope is all that a network hears of its mistakes. Where the slope is
positive the output is pushed down, where it is negative, up. The squared error (p − y)² of a prediction p,
where y is true, has the slope 2(p − y), as large as the mistake. A classifier predicts a probability p, and
y is 1 or 0. Cross-entropy is −ln of the probability that was given to the truth; its slope is −1/p for
y = 1, and has no limit: the less the truth was expected, the harder the push.

A network does not put out p but any number z, a logit, and p = σ(z) = 1/(1 + e⁻ᶻ). The sigmoid's own slope
p(1 − p) is nearly 0 where p is nearly 0 or 1: it is saturated. By the chain rule ∂L/∂z has it for a factor.
Cross-entropy's slope grows as it fades, and cancels it. The squared error's does not: what is certain and
*wrong* hardly moves. Back from z = −a it takes about e^a/2 steps, where cross-entropy takes a.

    python experiments/losses.py

In TensorBoard, open Images: slopes against p and against z, and ways back from a mistake; loss/height is the
loss of every step.
Try  --only cross_entropy --model.surface.start '[-100]' --data.count 120  (ten times as far: 101 steps
instead of 11),  or  --only squared --model.surface.start '[10]'  (right and certain: hardly any push, as it
should be).
"""

import math
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from zoo.cli import ExperimentCLI
from zoo.conditions import (
    require_optimizer,
    require_plain_trainer,
    require_precision,
    require_undisturbed,
)
from zoo.diagnostics import GradientNormMonitor, ParameterTrajectory
from zoo.errors import InputError
from zoo.figures import MARKERS, compare, legend, panels, styles
from zoo.models import Output
from zoo.report import Report
from zoo.run import Run
from zoo.theory import saturation
from zoo.training import Minimizer
from zoo.verdict import Prediction, Quantity

NAMES = {
    "mse": "squared error of p",
    "bce": "cross-entropy of p",
    "mse_of_sigmoid": "squared error of σ(z)",
    "bce_with_logits": "cross-entropy of σ(z)",
}
OF_Z = ("mse_of_sigmoid", "bce_with_logits")
STYLES = dict(zip(NAMES, styles(), strict=False))
ROUNDING = 8 * 2.0**-52  # of a few operations on numbers of size 1, in float64


def main(args: list[str] | None = None) -> Report:
    """Predict, run, measure, judge."""
    callbacks = {"trajectory": ParameterTrajectory, "gradient_norms": GradientNormMonitor}
    cli = ExperimentCLI(__file__, Minimizer, args, callbacks)
    cli.announce(p for run in cli.runs for p in predict(run))
    cli.fit()
    measured = {run.variant: measure(run) for run in cli.runs}
    return cli.report(measured, {"losses": draw(cli.runs)})


def predict(run: Run[Minimizer]) -> list[Prediction]:
    """The slope where the run starts, and what comes of it."""
    check(run)
    surface, start, y = run.model.surface, start_of(run), truth_of(run)
    outputs = surface.point.numel()
    slope = saturation.slope(surface.loss, start, y)
    letter = "z" if surface.loss in OF_Z else "p"
    claim = f"{NAMES[surface.loss]}: ∂L/∂{letter} at {letter} = {start:g}, y = {y:g}"
    if outputs > 1:
        claim += f", in a mean over {outputs}"
    error = rounding(surface.loss, start, y)
    slack = {"atol": error / outputs, "because": "a few roundings of σ, 1 − σ and y, in float64"}
    found = [Prediction(f"{run.variant}.slope", claim, slope / outputs, "elementary", **slack)]
    moderate = abs(start) <= saturation.LARGEST_LOGIT
    if surface.loss == "mse_of_sigmoid" and moderate and error < 1e-3 * abs(slope):
        claim, factor = "∂L/∂z by cross-entropy, over this one", saturation.advantage(start)
        slack = {"rtol": error / abs(slope) + ROUNDING, "because": "roundings of the two slopes, in float64"}
        found.append(Prediction(f"{run.variant}.factor", claim, factor, "elementary", **slack))
    return found + predict_way_back(run)


def predict_way_back(run: Run[Minimizer]) -> list[Prediction]:
    """How many steps a mistake takes to even odds, if they can be foretold and the run is so long."""
    known = way_back(run)
    if known is None or known[1] > run.steps:
        return []
    (least, most), loss, start = known, run.model.surface.loss, start_of(run)
    claim = f"{NAMES[loss]}: steps from z = {start:g} to p = ½, η = {run.optimizer['lr']:g}"
    slack = {"atol": (most - least) / 2, "because": "rounded up from what is known to η/20"}
    source = "derived; Euler's method"
    return [Prediction(f"{run.variant}.steps", claim, (least + most) / 2, source, **slack)]


def measure(run: Run[Minimizer]) -> dict[str, Quantity]:
    """The gradient of the first step, and the step at which the first output comes to even odds."""
    recorded, surface = run.callback(ParameterTrajectory), run.model.surface
    path, slope = recorded.points[:, 0].tolist(), float(recorded.gradients[0, 0])
    found = {"slope": slope, "steps": next((k for k, z in enumerate(path) if z * path[0] <= 0), math.inf)}
    if surface.loss == "mse_of_sigmoid":
        (by_cross_entropy,) = slopes("bce_with_logits", path[:1], truth_of(run))
        found["factor"] = by_cross_entropy / (slope * surface.point.numel()) if slope else math.inf
    return found


def slopes(loss: str, outputs: list[float], y: float) -> list[float]:
    """∂L/∂output by autograd, of each output by itself."""
    surface = Output(loss, outputs, y)
    (gradient,) = torch.autograd.grad(surface(), surface.point)
    return (len(outputs) * gradient[0]).tolist()


def rounding(loss: str, output: float, y: float) -> float:
    """How far roundings may move a slope: those of σ and 1 − σ are relative to 1, however small these are."""
    if loss == "mse_of_sigmoid":
        return 4 * ROUNDING * saturation.sigmoid(output)
    if loss == "bce":
        return ROUNDING * (y / output + (1 - y) / (1 - output))
    return ROUNDING * (1 if loss == "bce_with_logits" else abs(saturation.slope(loss, output, y)))


def start_of(run: Run[Minimizer]) -> float:
    """Where the first output starts, as the config has it."""
    return float(run.config.model.surface.init_args.start[0])


def truth_of(run: Run[Minimizer]) -> float:
    """y, what all outputs should be."""
    return float(run.model.surface.target[0, 0])


def is_mistake(run: Run[Minimizer]) -> bool:
    """Whether the run starts with a logit on the wrong side of 0."""
    wrong_side = start_of(run) * (2 * truth_of(run) - 1) < 0
    return run.model.surface.loss in OF_Z and truth_of(run) in (0, 1) and wrong_side


def way_back(run: Run[Minimizer]) -> tuple[int, int] | None:
    """The fewest and the most steps to even odds; None where none is made, or theory does not reach."""
    if not is_mistake(run):
        return None
    try:
        return saturation.steps_to_even_odds(run.model.surface.loss, -abs(start_of(run)), rate_of(run))
    except InputError:
        return None


def rate_of(run: Run[Minimizer]) -> float:
    """η for one output, of whose loss the mean has only its share."""
    return run.optimizer["lr"] / run.model.surface.point.numel()


def check(run: Run[Minimizer]) -> None:
    """Refuse a config of which these laws do not speak."""
    name, surface = run.variant, run.model.surface
    require_plain_trainer(run)
    require_precision(run, "64-true")
    require_optimizer(run, "SGD")
    require_undisturbed(run)
    if not isinstance(surface, Output):
        raise InputError(f"model.surface is {type(surface).__name__} in {name}; choose zoo.models.Output")


def draw(runs: list[Run[Minimizer]]) -> Figure:
    """Slopes against p and against z, and ways back from a mistake."""
    figure, (left, middle, right) = panels(
        "the push on a probability, y = 1", "the push on a logit, y = 1", "ways back from a mistake"
    )
    draw_slopes(left, ("mse", "bce"), [k / 40 for k in range(2, 40)])
    draw_slopes(middle, OF_Z, [k / 2 for k in range(-24, 13)])
    left.set(xlabel="prediction or probability p", ylabel="−∂L/∂p")
    middle.set(xlabel="logit z", ylabel="−∂L/∂z", yscale="log")
    for marker, run in zip(MARKERS, filter(way_back, runs), strict=False):
        draw_way_back(right, run, STYLES[run.model.surface.loss] | {"marker": marker})
    right.set(xlabel="step k", ylabel="logit z, from wrong to even odds", ylim=(None, 2))
    for axes in (left, middle):
        axes.legend(fontsize="small")
    legend(figure, right, "markers: measured; lines: predicted")
    return figure


def draw_slopes(axes: Axes, losses: tuple[str, ...], outputs: list[float]) -> None:
    """How hard each loss pushes up what should be 1: autograd's markers on the line of calculus."""
    for loss in losses:
        measured = [-slope for slope in slopes(loss, outputs, 1.0)]
        predicted = [-saturation.slope(loss, output, 1.0) for output in outputs]
        series = [list(zip(outputs, pushes, strict=True)) for pushes in (measured, predicted)]
        compare(axes, NAMES[loss], STYLES[loss], *series)


def draw_way_back(axes: Axes, run: Run[Minimizer], style: dict[str, Any]) -> None:
    """z after every step, on the line of the time that calculus gives the way to z; wrong is below 0."""
    loss, side = run.model.surface.loss, -1 if start_of(run) > 0 else 1
    path = [side * z for z in run.callback(ParameterTrajectory).points[:, 0].tolist()]
    there = torch.linspace(path[0], min(path[-1], 0), 200).tolist()
    predicted = [(saturation.steps(loss, path[0], z, rate_of(run)), z) for z in there]
    label = f"{NAMES[loss]}, from z = {start_of(run):g}"
    compare(axes, label, style, list(enumerate(path)), predicted)


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
