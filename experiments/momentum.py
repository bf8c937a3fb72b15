"""What does momentum buy in a narrow valley, and what does it cost?

Law: along a direction of curvature λ the error comes to shrink by a factor |z| a step. Without momentum the
slowest direction has at best |z| = (κ − 1)/(κ + 1), κ = λ_max/λ_min; with momentum, (√κ − 1)/(√κ + 1).

A valley bends little along its floor (λ_min) and much across it (λ_max). The steep sides limit the learning
rate η, and along the floor such steps are short: with κ = 100 a step leaves 0.98 of the error. Momentum
remembers: v ← βv + g, then w ← w − ηv, g the gradient. Where gradients agree they add up, and where they
alternate, from one side of the valley to the other, they cancel. This form is called heavy ball; Nesterov's
steps by g + βv, which is the gradient and the momentum that it will have. It is as if κ were √κ: 93 steps for
a millionth of the error instead of 691 (though across the valley heavy ball first swings out to nearly four
times its start).

Why √κ? A step takes x_k and the step before it, x_{k−1}, to x_{k+1} = (1 + β − ηλ) x_k − βx_{k−1}. Try
x_k = z^k: z has to solve z² − (1 + β − ηλ) z + β = 0. As soon as its two roots are complex, |z| = √β whatever
λ is, so one β serves all directions.

Momentum moves the limit of the learning rate, too. Gradient descent stands ηλ up to 2, heavy ball up to
2(1 + β), but Nesterov only 2(1 + β)/(1 + 2β). And it has to be tuned: the best η and β depend on λ_min and
λ_max, which nobody knows of a network.

    python experiments/momentum.py

In TensorBoard, open Images: the paths in the valley, the error step by step on its closed form, and the
factor |z| against β: it falls to a kink, where the roots become complex, and rises again.
Try  --only heavy_ball --model.optimizer.momentum 0.9  (more is not better: the factor is now √0.9 = 0.949),
or  --only nesterov --model.optimizer.lr 0.014  (fine for gradient descent, but for Nesterov ηλ = 1.4 is
beyond the limit: one direction grows).
"""

import math
from collections.abc import Callable

import torch
from matplotlib.figure import Figure
from torch import Tensor

from zoo.cli import ExperimentCLI
from zoo.conditions import require_descent
from zoo.diagnostics import GradientNormMonitor, ParameterTrajectory
from zoo.errors import InputError
from zoo.figures import compare, height_lines, legend, panels, styles
from zoo.methods import FIT, in_words, momentum_form, path_rounding, quadratic_path
from zoo.models import Quadratic
from zoo.report import Report
from zoo.run import Run
from zoo.theory import momentum
from zoo.training import Minimizer
from zoo.verdict import Prediction, Quantity

GOAL = 1e-6  # of the error at the start


def main(args: list[str] | None = None) -> Report:
    """Predict, run, measure, judge."""
    callbacks = {"trajectory": ParameterTrajectory, "gradient_norms": GradientNormMonitor}
    cli = ExperimentCLI(__file__, Minimizer, args, callbacks)
    cli.announce(p for run in cli.runs for p in predict(run, closed_form(run)))
    paths = {run.variant: closed_form(run) for run in cli.runs}  # training moves the start
    cli.fit()
    measured = {run.variant: measure(run, paths[run.variant]) for run in cli.runs}
    return cli.report(measured, {"momentum": draw(cli.runs, paths)})


def predict(run: Run[Minimizer], path: Tensor) -> list[Prediction]:
    """Every point; then, of a run that converges, how fast; of another, which directions grow."""
    claim = f"{in_words(run)}: largest gap between a measured and a calculated x_k, over ‖x_k‖"
    found = [Prediction(f"{run.variant}.path", claim, 0.0, "derived", **path_rounding(run))]
    if max(factors(run)) <= 1:
        return found + predict_factor(run) + predict_steps(run, path)
    return found + predict_fate(run)


def predict_factor(run: Run[Minimizer]) -> list[Prediction]:
    """The slowest direction's |z|; at the method's usual η and β by a formula in κ, which needs no roots."""
    o, (usual, formula, source) = run.optimizer, tuning_of(run)
    value, pairs = usual.factor, zip((o["lr"], o["momentum"]), usual[:2], strict=True)
    if o["dampening"] or not all(math.isclose(*pair, rel_tol=1e-12) for pair in pairs):
        value, formula, source = max(factors(run)), "the larger |z|", "Goh 2017"
    claim = f"factor of the error a step: {formula}"
    return [Prediction(f"{run.variant}.factor", claim, value, source, **FIT)] if run.steps >= 3 else []


def predict_steps(run: Run[Minimizer], path: Tensor) -> list[Prediction]:
    """How many steps a millionth takes, where the run is long enough and rounding does not decide."""
    errors = path.norm(dim=1) / path[0].norm()
    slack = path_rounding(run)["atol"] * errors.max()
    if not (errors <= GOAL).any() or ((errors - GOAL).abs() <= slack).any():
        return []
    return [Prediction(f"{run.variant}.steps", f"steps to {GOAL:g} of the error", arrival(path), "derived")]


def predict_fate(run: Run[Minimizer]) -> list[Prediction]:
    """Which directions shrink and which grow, where none is too near the limit to tell."""
    o, limit = run.optimizer, momentum.stability_limit(**momentum_form(run))
    lengths = [o["lr"] * c for c in run.model.surface.curvatures.tolist()]
    if run.steps < 3 or any(abs(a / limit - 1) < 1e-3 for a in lengths):
        return []
    share = "/(1 + 2β)" if o["nesterov"] else "/(1 − d)" if o["dampening"] else ""
    formula = f"2(1 + β){share}" if o["momentum"] else "2"
    claim = f"errors at ηλ = {', '.join(f'{a:g}' for a in lengths)}; the limit {formula} = {limit:g}"
    fates = ", ".join(fate(a / limit) for a in lengths)
    return [Prediction(f"{run.variant}.fate", claim, fates, "derived; Polyak 1964")]


def measure(run: Run[Minimizer], path: Tensor) -> dict[str, Quantity]:
    """The same quantities, from the recorded path of the point."""
    points = points_of(run)
    followed = followed_factors(points)
    return {
        "path": float((points - path).norm(dim=1).max() / path.norm(dim=1).max()),
        "factor": max(followed),
        "steps": arrival(points),
        "fate": ", ".join(map(fate, followed)),
    }


def closed_form(run: Run[Minimizer]) -> Tensor:
    """Every point before the run, (steps + 1, directions); refuse a config of which the laws do not speak."""
    require_descent(run, Quadratic, "momentum", "dampening", "nesterov")
    surface = run.model.surface
    size = surface.point.abs()
    if not ((surface.curvatures > 0).all() and (size > 1e-100).all() and (size < 1e100).all()):
        found = f"curvatures are {surface.curvatures.tolist()} and start {surface.point[0].tolist()}"
        raise InputError(
            f"{found} in {run.variant}; choose curvatures above 0, and a start of size 1e-100 to 1e100"
        )
    return quadratic_path(run)


def factors(run: Run[Minimizer]) -> list[float]:
    """|z| of each direction."""
    rate, form = run.optimizer["lr"], momentum_form(run)
    return [momentum.factor(rate, c, **form) for c in run.model.surface.curvatures.tolist()]


def tuning_of(run: Run[Minimizer]) -> tuple[momentum.Tuning, str, str]:
    """The usual setting of the run's method in its valley, the formula of its factor, and the source."""
    curvatures = run.model.surface.curvatures
    if run.optimizer["nesterov"]:
        return momentum.nesterov_tuning(curvatures), "1 − 1/√κ", "Nesterov 2004, § 2.2"
    if run.optimizer["momentum"]:
        return momentum.heavy_ball_tuning(curvatures), "(√κ − 1)/(√κ + 1)", "Polyak 1964"
    return momentum.gradient_descent_tuning(curvatures), "(κ − 1)/(κ + 1)", "Polyak 1964"


def points_of(run: Run[Minimizer]) -> Tensor:
    """Where the first of the run's copies was, before every step and after the last."""
    return run.callback(ParameterTrajectory).points[:, : run.model.surface.point.shape[1]]


def followed_factors(points: Tensor) -> list[float]:
    """|z| of each direction, by a fit to its path; unknown of a path too short for one."""
    return [momentum.followed_factor(x) for x in points.T] if len(points) > 3 else [math.nan]


def arrival(points: Tensor) -> float:
    """The first k at which a millionth of the error is left."""
    below = (points.norm(dim=1) <= GOAL * points[0].norm()).nonzero()
    return int(below[0]) if len(below) else math.inf


def fate(factor: float) -> str:
    """What becomes of an error."""
    return "shrinks" if factor < 1 else "grows"


def draw(runs: list[Run[Minimizer]], paths: dict[str, Tensor]) -> Figure:
    """Paths over the height lines; the error on its closed form; |z| against β, measured ones on it."""
    titles = (
        "the first 15 steps (heavy ball swings out)",
        "error, the first 170 steps",
        "factor, each at the run's η",
    )
    figure, (left, middle, right) = panels(*titles, height=5.5)
    for style, run in zip(styles(), runs, strict=False):
        points, predicted = points_of(run), paths[run.variant]
        errors = [list(enumerate((x.norm(dim=1) / x[0].norm()).tolist()))[:171] for x in (points, predicted)]
        compare(middle, f"{run.variant}: {in_words(run)}", style, *errors)
        if max(factors(run)) <= 1 and points.shape[1] == 2:
            left.plot(*points[:16].T, linewidth=1, markersize=4, alpha=0.7, **style)
            seen = (run.optimizer["momentum"], max(followed_factors(points)))
            compare(right, "", style, [seen], factor_by_momentum(run))
    if len(runs[0].model.surface.curvatures) == 2:  # else there is no map of it
        height_lines(left, height_of(runs[0]), (-0.3, 1.1), (-1.2, 1.2))
    left.plot(0, 0, "k+", markersize=12)
    left.set(xlabel="x (small curvature)", ylabel="y (large curvature)", xlim=(-0.3, 1.1), ylim=(-1.2, 1.2))
    middle.set(xlabel="step k", ylabel="‖x_k‖ / ‖x_0‖", yscale="log", ylim=(1e-8, 1e4))
    right.set(xlabel="momentum β", ylabel="factor of the error a step, |z|")
    right.set_ylim(top=1.02)
    note = "left: measured paths, + the minimum; middle and right: measured markers on predicted lines"
    legend(figure, middle, note, columns=2)
    return figure


def height_of(run: Run[Minimizer]) -> Callable[[Tensor, Tensor], Tensor]:
    """log₁₀ f(x, y): a line for every factor, so that the bottom of the valley is seen."""
    flat, steep = run.model.surface.curvatures.tolist()
    return lambda x, y: ((flat * x**2 + steep * y**2) / 2).clamp(min=1e-4).log10()


def factor_by_momentum(run: Run[Minimizer]) -> list[tuple[float, float]]:
    """(β, the larger |z|) for every β at the run's own η and in its own form."""
    o, curvatures = run.optimizer, run.model.surface.curvatures.tolist()
    form = {"dampening": o["dampening"], "nesterov": o["nesterov"]}
    betas = torch.linspace(0.001, 0.999, 500).tolist()
    return [(b, max(momentum.factor(o["lr"], c, b, **form) for c in curvatures)) for b in betas]


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
