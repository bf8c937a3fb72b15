"""When does momentum creep into the minimum, and when does it swing past it?

Law: with momentum β, on a curvature λ with learning rate η, it swings if and only if β > β_c = (1 − √(ηλ))².
Then it crosses the minimum every π/ω steps, cos ω = (1 + β − ηλ)/(2√β), and the swings shrink by √β a step.

Momentum makes of the point a weight on a spring: the slope pulls it home, v is its speed, and 1 − β of the
speed is lost to friction in every step, v ← βv + f′(x), x ← x − ηv. With little momentum there is so much
friction that it creeps home and never passes the minimum. With much it swings through and back; how fast the
swings die out depends on β alone, whatever the curvature. In between lies critical damping, β_c, the fastest
in the long run. Here λ = 1, η = 0.01 and x_0 = 1, so that √(ηλ) = 0.1 and β_c = 0.9² = 0.81.

A step takes x_k and x_{k−1} to x_{k+1} = (1 + β − ηλ) x_k − βx_{k−1}. Put x_k = z^k in and divide by z^(k−1):
z² − (1 + β − ηλ) z + β = 0. Its two roots have the product β and the sum 1 + β − ηλ. Below β_c they are real,
and a path is a sum of their powers, the larger root deciding in the end. Above β_c they are a pair of complex
numbers √β (cos ω ± i sin ω), with i² = −1 (Python writes j for i), and a path is √β^k times a cosine of ωk,
which crosses 0 every π/ω steps. At β_c they are one and the same, and a path is (1 + ck) z^k, here (1 + k/10)
0.9^k: the factor 1 + k/10 delays it, so that what a step leaves of the error comes down to 0.9 only slowly.

    python experiments/critical_damping.py

In TensorBoard, open Images: the three paths, and their distances from the minimum on a logarithmic axis.
Try  --only underdamped --model.surface.curvatures '[4.0]'  (four times the curvature: it swings about twice
as often, and the swings shrink as before),  or  --only critically_damped --model.optimizer.dampening 0.81
(each slope counts 0.19 only, and so does ηλ: β_c is 0.915 now, and 0.99 a step no better than no momentum).
"""

import math
from typing import Any

from matplotlib.figure import Figure
from rich.table import Table
from torch import Tensor

from zoo.cli import ExperimentCLI
from zoo.conditions import require_descent
from zoo.diagnostics import GradientNormMonitor, ParameterTrajectory
from zoo.errors import InputError
from zoo.figures import compare, legend, panels, styles
from zoo.methods import FIT, in_words, momentum_form, path_rounding, quadratic_path
from zoo.models import Quadratic
from zoo.report import Report
from zoo.run import Run
from zoo.theory import momentum
from zoo.training import Minimizer
from zoo.verdict import Prediction, Quantity


def main(args: list[str] | None = None) -> Report:
    """Predict, run, measure, judge."""
    callbacks = {"trajectory": ParameterTrajectory, "gradient_norms": GradientNormMonitor}
    cli = ExperimentCLI(__file__, Minimizer, args, callbacks)
    cli.announce(p for run in cli.runs for p in predict(run, closed_form(run)))
    paths = {run.variant: closed_form(run) for run in cli.runs}  # training moves the start
    cli.fit()
    measured = {run.variant: measure(run, paths[run.variant]) for run in cli.runs}
    return cli.report(measured, {"damping": draw(cli.runs, paths)}, [both_roots(cli.runs)])


def predict(run: Run[Minimizer], path: Tensor) -> list[Prediction]:
    """Every point, the factor a step, and whether and how often it swings."""
    z = momentum.factor(*rate_and_curvature(run), **momentum_form(run))
    claims = f"{in_words(run)}: largest gap between a measured and a calculated x_k, over |x_k|"
    size = "|z| = √β" if swings(run) and not run.optimizer["nesterov"] else "the larger |z|"
    found = [
        Prediction(f"{run.variant}.path", claims, 0.0, "derived", **path_rounding(run)),
        Prediction(f"{run.variant}.factor", f"{size}, fitted to all x_k", z, "Goh 2017", **FIT),
    ]
    return found + (predict_swings if swings(run) else predict_creep)(run, path)


def predict_creep(run: Run[Minimizer], path: Tensor) -> list[Prediction]:
    """The minimum is never crossed; and what the last step leaves of the error, which at β_c is above z."""
    beta, slack = run.optimizer["momentum"], path_rounding(run)["atol"]
    claim = f"β = {beta:g} is not above β_c = {critical(run):.4g}: crossings of the minimum"
    found = [Prediction(f"{run.variant}.crossings", claim, 0, "Goh 2017")]
    left = float(path[-1].abs() / path.abs().max())
    if slack < 1e-3 * left:  # else the last points are rounding
        last = float(path[-1] / path[-2])
        claim = f"what step {len(path) - 1} alone leaves of the error"
        why: Any = {"rtol": 3 * slack / left, "because": "the rounding of two points of the path"}
        found.append(Prediction(f"{run.variant}.last", claim, last, "derived", **why))
    return found


def predict_swings(run: Run[Minimizer], path: Tensor) -> list[Prediction]:
    """π/ω steps from one crossing to the next, of a run that is long enough to have three."""
    period = momentum.half_period(*rate_and_curvature(run), **momentum_form(run))
    if (count := int(seen_steps(path) / period)) < 3:
        return []
    beta = run.optimizer["momentum"]
    claim = f"β = {beta:g} is above β_c = {critical(run):.4g}: steps from crossing to crossing, π/ω"
    spread: Any = {"atol": 1 / (count - 1), "because": f"whole steps, over {count - 1} half periods"}
    return [Prediction(f"{run.variant}.half_period", claim, period, "derived", **spread)]


def measure(run: Run[Minimizer], path: Tensor) -> dict[str, Quantity]:
    """The same quantities, from the recorded path of the point."""
    x = run.callback(ParameterTrajectory).points[:, 0]
    places = x[: seen_steps(path) + 1].nonzero().flatten()  # a point on the minimum itself is on no side
    crossings = places[1:][x[places].sign().diff() != 0].tolist()
    return {
        "path": float((x - path).abs().max() / path.abs().max()),
        "factor": momentum.followed_factor(x),
        "crossings": len(crossings),
        "last": float(x[-1] / x[-2]),
        "half_period": (crossings[-1] - crossings[0]) / (len(crossings) - 1) if crossings[1:] else math.inf,
    }


def closed_form(run: Run[Minimizer]) -> Tensor:
    """x_0 … x_K before the run; refuse a config of which the laws do not speak."""
    require_descent(run, Quadratic, "momentum", "dampening", "nesterov")
    surface, name = run.model.surface, run.variant
    c, start = surface.curvatures.tolist(), surface.point[0].tolist()
    if len(c) != 1 or c[0] <= 0 or not 1e-100 < abs(start[0]) < 1e100:
        found = f"curvatures are {c} and start {start} in {name}"
        raise InputError(f"{found}; choose one above 0, and one from 1e-100 to 1e100 in size")
    rate, curvature = rate_and_curvature(run)
    if rate * curvature >= 1:
        raise InputError(f"ηλ is {rate * curvature:g} in {name}; choose less than 1: beyond it, steps jump")
    if run.steps < 3:
        raise InputError(f"data.count is {run.steps:g} in {name}; choose 3 or more steps")
    return quadratic_path(run)[:, 0]


def seen_steps(path: Tensor) -> int:
    """The last step before the path is rounded to 0 for good, at 1e-308."""
    return int((path.abs() > 1e-300).nonzero()[-1])


def rate_and_curvature(run: Run[Minimizer]) -> tuple[float, float]:
    """η and λ."""
    return run.optimizer["lr"], float(run.model.surface.curvatures)


def critical(run: Run[Minimizer]) -> float:
    """β_c, in the form of the run's own momentum."""
    o = run.optimizer
    return momentum.critical_momentum(*rate_and_curvature(run), o["dampening"], o["nesterov"])


def swings(run: Run[Minimizer]) -> bool:
    """Whether β is above β_c, by more than rounding."""
    return bool(run.optimizer["momentum"] > critical(run) * (1 + 1e-12))


def both_roots(runs: list[Run[Minimizer]]) -> Table:
    """z₊ and z₋ of every run."""
    title = "The roots of z² − (1 + β − ηλ) z + β"
    table = Table("run", "β", "β_c", "z₊", "z₋", "larger |z|", title=title, title_justify="left")
    for run in runs:
        roots = momentum.roots(*rate_and_curvature(run), **momentum_form(run))
        numbers = (run.optimizer["momentum"], critical(run))
        shown = [f"{z:.4f}" if swings(run) else f"{z.real:.4f}" for z in roots]
        table.add_row(run.variant, *(f"{x:.4g}" for x in numbers), *shown, f"{abs(roots[0]):.4f}")
    return table


def draw(runs: list[Run[Minimizer]], paths: dict[str, Tensor]) -> Figure:
    """Every path on its closed form, as it is and as a distance on a logarithmic axis."""
    figure, (left, right) = panels("path", "distance from the minimum", height=5.5)
    for style, run in zip(styles(), runs, strict=False):
        x, label = run.callback(ParameterTrajectory).points[:, 0], f"{run.variant}: {in_words(run)}"
        both = (x, paths[run.variant])
        compare(left, label, style, *(list(enumerate(p.tolist())) for p in both))
        compare(right, label, style, *(list(enumerate(p.abs().tolist())) for p in both))
    left.axhline(0, color="0.7", linewidth=0.8)
    left.set(xlabel="step k", ylabel="x_k")
    right.set(xlabel="step k", ylabel="|x_k|", yscale="log")
    legend(figure, left, "measured markers on predicted lines; the minimum is at 0", columns=2)
    return figure


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
