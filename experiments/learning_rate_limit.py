"""With many weights and one learning rate, which is too small, which is right, and which too large?

Law: the error along each direction i is multiplied by 1 − ηλ_i a step, so that none grows if and only if
η < 2/λ_max, the largest of all curvatures λ_i.

A loss L of many weights has a curvature in every direction. For least squares there are as many directions as
weights, at right angles to each other, which do not disturb each other: the eigenvectors of the Hessian H,
the matrix of all second derivatives; its eigenvalues λ_i are the curvatures along them. Of the error w − w*,
how far the weights w are from the best ones w*, each direction has its part, and for each part a step is what
it is for one weight: a multiplication by 1 − ηλ_i.

But there is only one learning rate η for all of them. Here a linear model learns from 442 patients how far
their diabetes goes on within a year: ten slopes and an intercept, eleven directions, with curvatures from
0.017 to 8.0. The largest of them sets the limit 2/λ_max = 0.248. At 1 % of it all directions are slow. At
half of it the steepest direction is done in one step, and the flattest has to live with that rate. At 2 %
above it ten directions still come nearer and a single one does not: the loss may fall for some steps, until
that one has outgrown the rest.

    python experiments/learning_rate_limit.py

In TensorBoard, open Images: the loss step by step, and what one step makes of the error in each direction;
loss/train shows the three losses part ways.
Try  --only too_large --model.optimizer.lr 0.246  (1 % below the limit: every step goes downhill),  or  --only
right --model.optimizer.lr 0.9 --trainer.max_steps 10  (more than three times the limit: the error grows in
three directions).
"""

import torch
from matplotlib.figure import Figure
from torch import Tensor

from zoo.calculus.layers import linear
from zoo.cli import ExperimentCLI
from zoo.conditions import require_least_squares
from zoo.diagnostics import GradientNormMonitor, ParameterTrajectory
from zoo.figures import compare, legend, panels, styles
from zoo.methods import along_eigenvectors, least_squares, least_squares_path
from zoo.report import Report
from zoo.run import Run
from zoo.theory import descent
from zoo.theory.rounding import UNIT
from zoo.training import Regressor
from zoo.verdict import Prediction, Quantity


def main(args: list[str] | None = None) -> Report:
    """Predict, train, measure, judge."""
    callbacks = {"trajectory": ParameterTrajectory, "gradient_norms": GradientNormMonitor}
    cli = ExperimentCLI(__file__, Regressor, args, callbacks)
    cli.announce(p for run in cli.runs for p in predict(run, closed_form(run)))
    paths = {run.variant: closed_form(run) for run in cli.runs}  # training moves the start
    cli.fit()
    measured = {run.variant: measure(run) for run in cli.runs}
    return cli.report(measured, {"limit": draw(cli.runs, paths)})


def predict(run: Run[Regressor], path: Tensor) -> list[Prediction]:
    """The loss in the end, how many steps have lowered it, and in how many directions the error has grown."""
    name, rate, steps, patients = run.variant, run.optimizer["lr"], len(path) - 1, len(run.datamodule.x)
    (optimum, hessian), source = least_squares(run), "normal equations"
    curvatures, errors = descent.curvatures(hessian), path - optimum
    lowest = float(losses_at(run, optimum[None]))
    losses = lowest + (errors @ hessian * errors).sum(dim=1) / 2
    share = rate / descent.largest_stable_rate(curvatures)
    claim = f"loss after {steps} steps of η = {share:.3g} · 2/λ_max (lowest: {lowest:.4g})"
    rounding = 64 * UNIT * (steps + patients)
    slack = rounding * float(curvatures[-1]) * float(errors[0].square().sum())
    because = f"roundings of 1.1e-16 in {steps} steps and in sums over {patients} patients"
    off = {"rtol": rounding, "atol": slack, "because": because}
    found = [Prediction(f"{name}.loss", claim, float(losses[-1]), source, **off)]
    if (losses.diff().abs() > slack + rounding * losses[1:]).all():  # else rounding might decide a step
        claim, downhill = f"steps of {steps} that go downhill", int((losses.diff() < 0).sum())
        found.append(Prediction(f"{name}.downhill", claim, downhill, source))
    parts = along(run, path)
    if ((parts[-1] - parts[0]).abs() > rounding * errors.norm(dim=1).max()).all():  # or a direction
        claim, growing = f"directions of {len(curvatures)} whose error grows: λ > 2/η", rate * curvatures > 2
        found.append(Prediction(f"{name}.growing", claim, int(growing.sum()), "eigenvectors"))
    return found


def measure(run: Run[Regressor]) -> dict[str, Quantity]:
    """The same quantities, from the recorded weights."""
    points = run.callback(ParameterTrajectory).points
    losses, parts = losses_at(run, points), along(run, points)
    return {
        "loss": float(losses[-1]),
        "downhill": int((losses.diff() < 0).sum()),
        "growing": int((parts[-1] > parts[0]).sum()),
    }


def closed_form(run: Run[Regressor]) -> Tensor:
    """All weights before the run, (K + 1, D).

    Raises:
        InputError: these laws do not speak of the run, or its loss leaves float64.
    """
    require_least_squares(run)
    return least_squares_path(run)


def losses_at(run: Run[Regressor], points: Tensor) -> Tensor:
    """The loss with each of these weights, (K + 1, D) to (K + 1,)."""
    x, y = run.datamodule.x.double(), run.datamodule.y.double()
    return (linear(x, points[:, :-1], points[:, -1]) - y).square().mean(dim=0)


def along(run: Run[Regressor], points: Tensor) -> Tensor:
    """The size of the error along each eigenvector, the flattest first, (K + 1, D)."""
    return along_eigenvectors(run, points).abs()


def draw(runs: list[Run[Regressor]], paths: dict[str, Tensor]) -> Figure:
    """The loss step by step, and what one step makes of the error in each direction."""
    figure, (left, right) = panels("loss", "error after a step / before, in each direction")
    span = torch.logspace(-2, 1, 400)
    for style, run in zip(styles(), runs, strict=False):
        rate, points = run.optimizer["lr"], run.callback(ParameterTrajectory).points
        losses = [list(enumerate(losses_at(run, path).tolist())) for path in (points, paths[run.variant])]
        compare(left, f"{run.variant}, η = {rate:.3g}", style, *losses)
        parts, curvatures = along(run, points), descent.curvatures(least_squares(run)[1]).tolist()
        factors = list(zip(curvatures, (parts[1] / parts[0]).tolist(), strict=True))
        law = list(zip(span.tolist(), (1 - rate * span).abs().tolist(), strict=True))
        compare(right, run.variant, style, factors, law)
    right.axhline(1, color="0.5", linestyle=":")
    left.set(xlabel="step k", ylabel="mean squared error", yscale="log")
    right.set(
        xlabel="curvature λ", xscale="log", ylabel="|1 − ηλ|   (dotted: above, it diverges)", ylim=(0, 1.2)
    )
    legend(figure, left, "markers: measured; lines: closed form")
    return figure


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
