"""How do optimizers leave a saddle point, and which of them never do?

Law: near a saddle y_k grows like z₊^k: z₊ is 1 + ηλ for gradient descent, and with momentum the larger root
of a quadratic, for heavy ball of z² − (1 + β + ηλ) z + β; from y = 0 nothing grows.

The gradient at a saddle is zero, and along the ridge that leads to it nothing pulls sideways. An optimizer
that comes in a little off the ridge gets away, since every step multiplies the distance by z₊. Momentum
makes z₊ larger, much as a longer step would: where steps are small, as a step η/(1 − β) does. A momentum
that *averages* gradients makes it smaller. Adam divides by the gradient's own size, so its first steps are
about η long however small the slope: how near the ridge it starts hardly matters. Started exactly on the
ridge, no deterministic optimizer leaves at all. Noise in the gradient is enough to leave.

    python experiments/saddle_escape.py

In TensorBoard, open Images: the paths over the height lines, and the distance from the ridge, step by step,
with the prediction drawn through it. loss/height shows what a learner would see: a loss that stands still,
then drops.
Try  --only heavy_ball --model.surface.start '[1.0, 1.0e-3]'  (half the steps are enough: only ln δ counts),
or  --only heavy_ball --model.optimizer.dampening 0.9  (averaged, it is slower than no momentum at all).
"""

import math

import torch
from matplotlib.figure import Figure

from zoo.cli import ExperimentCLI
from zoo.conditions import require_optimizer, require_plain_trainer, require_precision
from zoo.diagnostics import GradientNormMonitor, ParameterTrajectory
from zoo.errors import InputError
from zoo.figures import compare, height_lines, legend, panels, styles
from zoo.methods import in_words, momentum_form
from zoo.models import Quadratic
from zoo.report import Report
from zoo.run import Run
from zoo.theory import descent, saddle
from zoo.training import Minimizer
from zoo.verdict import Prediction, Quantity


def main(args: list[str] | None = None) -> Report:
    """Predict, run, measure, judge."""
    callbacks = {"trajectory": ParameterTrajectory, "gradient_norms": GradientNormMonitor}
    cli = ExperimentCLI(__file__, Minimizer, args, callbacks)
    cli.announce(p for run in cli.runs for p in predict(run))
    cli.fit()
    measured = {run.variant: measure(run) for run in cli.runs}
    return cli.report(measured, {"escape": draw(cli.runs)})


def predict(run: Run[Minimizer]) -> list[Prediction]:
    """Exact step counts where a point escapes, 0 where it cannot, a distribution where there is noise."""
    check(run)
    if run.model.noise_std:
        return predict_noise(run)
    start, name, form = abs(start_of(run)), run.variant, form_of(run)
    if start == 0:
        claim = f"{form}: largest |y| of a run from y = 0"
        return [Prediction(f"{name}.distance", claim, 0.0, "elementary")]
    steps, factor, source = escape_steps(run)
    claim = f"{form}{factor}: steps from y = {start:g} to {run.model.stop_radius:g}"
    if steps > run.steps:
        raise InputError(
            f"{name} needs {steps} steps at least and is given {run.steps}; raise data.count or "
            "trainer.max_steps"
        )
    if any(abs(y / run.model.stop_radius - 1) < 1e-12 for y in closed_form(run, steps)):
        raise InputError(
            f"model.stop_radius is {run.model.stop_radius} in {name}, a point of the path itself: rounding "
            "would decide the count; choose another"
        )
    return [Prediction(f"{name}.steps", claim, steps, source), *predict_matched(run)]


def predict_matched(run: Run[Minimizer]) -> list[Prediction]:
    """Small steps with momentum are as good as the longer steps η/(1 − β) without; others are not.

    PyTorch does not dampen the first gradient: with a dampening d an average starts about d/(1 − d) steps
    ahead, and of it nothing is claimed.
    """
    o, curvature = run.optimizer, curvature_of(run)
    if o["name"] != "SGD" or not o["momentum"] or o["dampening"]:
        return []
    beta = o["momentum"]
    error = o["lr"] * curvature / (1 - beta) ** 2
    if error > 0.1:
        return []
    rate = descent.terminal_rate(o["lr"], beta)
    steps = saddle.escape_steps(start_of(run), run.model.stop_radius, rate, curvature)
    claim = f"the same, against gradient descent at η = {rate:g}"
    because = "z₊ to first order in ηλ/(1 − β)², and 1/(1 − β) steps until v has settled"
    spread = {"rtol": error, "atol": 1 / (1 - beta), "because": because}
    return [Prediction(f"{run.variant}.matched", claim, float(steps), "derived; Goh 2017", **spread)]


def predict_noise(run: Run[Minimizer]) -> list[Prediction]:
    """Variance, median escape and side of points that start on the saddle, with N(0, s²) noise."""
    rate, noise, curvature = run.optimizer["lr"], run.model.noise_std, curvature_of(run)
    points, half_way = len(run.model.surface.point), int(run.steps) // 2
    name, source, errors = run.variant, "derived; Jin et al. 2017", "four standard errors of the sample"
    spread = {"rtol": 4 * (2 / points) ** 0.5, "because": errors}
    half = {"atol": 4 * 0.5 / points**0.5, "because": errors}
    found = [Prediction(f"{name}.upward", "share that leaves towards +y", 0.5, "symmetry", **half)]
    if half_way:  # before the first step there is no variance
        claim = f"variance of y after {half_way} steps, noise s = {noise:g}"
        variance = saddle.noise_variance(half_way, rate, noise, curvature)
        found.insert(0, Prediction(f"{name}.variance", claim, variance, source, **spread))
    median = saddle.median_escape_steps(1.0, rate, noise, curvature)
    small = saddle.noise_scale(rate, noise, curvature) < 0.1  # else points go out and come back
    if small and median < run.steps:  # the run is long enough to see it
        error = 1 + 4 * saddle.median_standard_error(points, rate, curvature)
        because = "the count is a ceiling, and four standard errors of a sample's median"
        claim = f"median steps to |y| ≥ 1, noise s = {noise:g}"
        found.append(Prediction(f"{name}.median", claim, median, source, atol=error, because=because))
    return found


def measure(run: Run[Minimizer]) -> dict[str, Quantity]:
    """The same quantities, from the recorded path of the point."""
    y = distances(run)
    if run.model.noise_std:
        return measure_noise(y)
    if start_of(run) == 0:
        return {"distance": float(y.abs().max())}
    steps = run.trainer.global_step if run.trainer.should_stop else math.inf
    return {"steps": steps, "matched": float(steps)}


def measure_noise(y: torch.Tensor) -> dict[str, Quantity]:
    """y is (steps + 1, points)."""
    first = (y.abs() >= 1).int().argmax(dim=0).where((y.abs() >= 1).any(dim=0), len(y))
    return {
        "variance": float((y[(len(y) - 1) // 2] ** 2).mean()),
        "median": float(first.double().median()),
        "upward": float((y[-1] > 0).double().mean()),
    }


def check(run: Run[Minimizer]) -> None:
    """Refuse a config of which these laws do not speak."""
    name, surface, noise = run.variant, run.model.surface, run.model.noise_std
    require_plain_trainer(run)
    require_precision(run, "64-true")
    if not isinstance(surface, Quadratic):
        raise InputError(f"model.surface is {type(surface).__name__} in {name}; choose zoo.models.Quadratic")
    if len(surface.curvatures) != 2 or surface.curvatures[0] < 0 or curvature_of(run) <= 0:
        raise InputError(
            f"curvatures are {surface.curvatures.tolist()} in {name}; a saddle of two coordinates has the "
            "second negative alone"
        )
    if noise:
        require_optimizer(run, "SGD")
        if start_of(run) or run.model.stop_radius is not None or len(surface.point) < 100:
            raise InputError(
                f"{name} has noise; its laws are those of a sample: start at y = 0, with stop_radius null "
                "and copies of 100 or more"
            )
        return
    require_optimizer(run, "SGD", "Adam", known=("momentum", "dampening", "nesterov"))
    if run.model.stop_radius is None or abs(start_of(run)) >= run.model.stop_radius:
        raise InputError(f"{name} has no noise; it needs a stop_radius, and a start within it")


def escape_steps(run: Run[Minimizer]) -> tuple[int, str, str]:
    """What theory says of this run's optimizer: how many steps, with which factor a step, and who says so."""
    o, start, radius, curvature = run.optimizer, start_of(run), run.model.stop_radius, curvature_of(run)
    if o["name"] == "Adam":
        steps = saddle.adam_escape_steps(start, radius, o["lr"], curvature, o["betas"], o["eps"], run.steps)
        return steps, "", "Kingma & Ba 2015, run in plain numbers"
    source = "derived; O'Neill & Wright 2019" if o["momentum"] else "elementary: y_k = (1 + ηλ)^k y_0"
    form = (o["lr"], curvature)
    factor = f", z₊ = {saddle.growth(*form, **momentum_form(run)):.4g}"
    return saddle.escape_steps(start, radius, *form, **momentum_form(run)), factor, source


def form_of(run: Run[Minimizer]) -> str:
    """The optimizer in words, and λ where it is not 1."""
    return in_words(run) + ("" if curvature_of(run) == 1 else f", λ = {curvature_of(run):g}")


def curvature_of(run: Run[Minimizer]) -> float:
    """λ, the size of the negative curvature."""
    return -float(run.model.surface.curvatures[-1])


def start_of(run: Run[Minimizer]) -> float:
    """δ, as the config has it."""
    return float(run.config.model.surface.init_args.start[-1])


def distances(run: Run[Minimizer]) -> torch.Tensor:
    """y of every point, before the first step and after each: (steps + 1, points)."""
    points = run.callback(ParameterTrajectory).points
    return points.reshape(len(points), -1, 2)[:, :, 1]


def closed_form(run: Run[Minimizer], steps: int) -> list[float]:
    """|y| after 0, 1, … steps; empty for Adam, which has no closed form."""
    if run.optimizer["name"] == "Adam":
        return []
    start, rate, curvature, form = start_of(run), run.optimizer["lr"], curvature_of(run), momentum_form(run)
    return [abs(saddle.distance(k, start, rate, curvature, **form)) for k in range(steps + 1)]


def draw(runs: list[Run[Minimizer]]) -> Figure:
    """The paths over the height lines, and |y| step by step with the prediction drawn through it."""
    figure, (left, right) = panels("paths over f(x, y)", "distance from the ridge", height=5.5)
    flat, steep = runs[0].model.surface.curvatures.tolist()
    height_lines(left, lambda x, y: (flat * x**2 + steep * y**2) / 2, (-1.2, 1.2), (-0.1, 1.1))
    escaping = [run for run in runs if not run.model.noise_std and start_of(run)]
    for style, run in zip(styles(), escaping, strict=False):
        path = run.callback(ParameterTrajectory).points
        left.plot(path[:, 0], path[:, 1], linewidth=1, markersize=3, alpha=0.7, **style)
        measured = [(k, abs(y)) for k, y in enumerate(path[:, 1].tolist())]
        predicted = list(enumerate(closed_form(run, len(measured) - 1)))
        compare(right, f"{form_of(run)}, from {start_of(run):g}", style, measured, predicted)
    left.set(xlabel="x (positive curvature)", ylabel="y (negative curvature)")
    left.set(xlim=(-1.2, 1.2), ylim=(-0.1, 1.1))
    right.set(xlabel="step k", ylabel="|y_k|", yscale="log")
    right.grid(alpha=0.3)
    momentum = "Momentum is PyTorch's: v ← βv + g, w ← w − ηv; averaged: v ← βv + (1 − β)g"
    marks = "left: measured paths; right: measured markers on predicted lines (Adam has no closed form)"
    legend(figure, right, f"{marks}\n{momentum}", columns=2)
    return figure


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
