"""Does gradient descent find the lowest valley?

Law: it ends in the valley it starts in: in the lowest with the chance p, the share of starts that lie in it,
and with 1 − (1 − p)^k if the best of k random starts is kept.

The curve f here has two valleys, a deep one at x = −1.2 and a shallow one at x = 1, and between them a rim at
0.2. At all three the slope f′ is 0, which is all that gradient descent looks at: x ← x − ηf′(x) moves by the
learning rate η times the slope. The second derivative f″, how fast the slope grows, tells a minimum (f″ > 0)
from a maximum (f″ < 0); but nothing in one valley says that a better one exists.

So the start decides. Left of the rim the slope leads to −1.2, right of it to 1, and small steps never carry a
point across: all that drains into a minimum is its basin. A smaller η changes nothing about that. It is slow,
not trapped. A point exactly on the rim stays there, since the slope is 0; one beside it leaves.

What helps is to start more than once. If a random start fails with the chance 1 − p, then k of them all fail
with (1 − p)^k, and the lowest of the k heights that were reached tells which to keep.

    python experiments/local_minima.py

In TensorBoard, open Images: which start ends where, the paths that keep to their side of the rim, and what
more starts are worth.
Try  --only basins --model.surface.start -1.0  (fewer starts lie in the lowest valley: all shares fall),
or  --only quarter_rate --model.optimizer.lr 0.01 --data.count 840  (half the rate takes twice the
steps, and the share is the same).
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from zoo.cli import ExperimentCLI
from zoo.conditions import require_descent
from zoo.diagnostics import GradientNormMonitor, ParameterTrajectory
from zoo.errors import InputError
from zoo.figures import COLOURS, compare, legend, panels, styles
from zoo.models import Polynomial
from zoo.report import Report
from zoo.run import Run
from zoo.theory import wells
from zoo.training import Minimizer
from zoo.verdict import Prediction, Quantity

NEAR = 1e-3  # a point this near to a minimum or maximum is there
LEFT = 1e-2  # a point this far from a maximum has left it
DENSE = 1000  # so many starts lie so close that what is between two is plain
DRAWS = 30_000  # random starts, drawn from the evenly spaced ones


def main(args: list[str] | None = None) -> Report:
    """Predict, run, measure, judge."""
    callbacks = {"trajectory": ParameterTrajectory, "gradient_norms": GradientNormMonitor}
    cli = ExperimentCLI(__file__, Minimizer, args, callbacks)
    cli.announce(p for run in cli.runs for p in predict(run))
    cli.fit()
    measured = {run.variant: measure(run) for run in cli.runs}
    return cli.report(measured, {"valleys": draw(cli.runs)})


def predict(run: Run[Minimizer]) -> list[Prediction]:
    """Of one start that it stays; of many their shares, and, where they lie dense, what is between them."""
    require_descent(run, Polynomial)
    name, f, starts = run.variant, run.model.surface.numbers, run.model.surface.point.detach()
    if len(starts) == 1:
        return [predict_rim(run, float(starts))]
    check_starts(run, starts)
    low, high = float(starts.min()), float(starts.max())
    best, spacing = wells.deepest(f), 2 / len(starts)
    share, rate = wells.basin_share(best, low, high), run.optimizer["lr"]
    claim = f"η = {rate:g}: share p of starts in [{low:g}, {high:g}] that end at {best.minimum:g}, the lowest"
    because = "evenly spaced points count a length to within one point at either end"
    found = [Prediction(f"{name}.lowest", claim, share, "elementary", atol=spacing, because=because)]
    if len(starts) < DENSE:
        return found
    kinds = ", ".join(kind for x, kind in wells.stationary_points(f) if low < x < high)
    if kinds:
        claim = "where f′ changes its sign, from left to right"
        found.append(Prediction(f"{name}.kinds", claim, kinds, "elementary: the sign of f″"))
    found += predict_leaving(run, starts)
    return found + [predict_best(name, k, share, spacing) for k in (3, 5)]


def predict_best(name: str, k: int, share: float, error: float) -> Prediction:
    """1 − (1 − p)^k, for a p known to within error."""
    chance, trials = wells.best_of(share, k), DRAWS // k
    spread = 4 * (chance * (1 - chance) / trials) ** 0.5 + chance - wells.best_of(max(0, share - error), k)
    claim = f"share of successes if the best of k = {k} random starts is kept: 1 − (1 − p)^k"
    because = f"four standard errors of {trials} trials, and the error of p"
    return Prediction(f"{name}.best_of_{k}", claim, chance, "elementary", atol=spread, because=because)


def predict_leaving(run: Run[Minimizer], starts: Tensor) -> list[Prediction]:
    """A start beside a maximum leaves it: when, of the nearest one, if it is well within LEFT."""
    f, (nearest, distance) = run.model.surface.numbers, beside_a_rim(run, starts.flatten())
    if distance > LEFT / 2:
        return []
    steps, error = wells.leaving_steps(f, float(starts[nearest]), run.optimizer["lr"], LEFT)
    if error == math.inf:
        return []
    claim = f"steps until the start nearest to a maximum, {distance:.2g} off it, is {LEFT:g} away from it"
    because = "f″ changes on the way, and steps are whole"
    law = "elementary; Lee et al. 2016"
    return [Prediction(f"{run.variant}.leaves", claim, steps, law, atol=error, because=because)]


def predict_rim(run: Run[Minimizer], start: float) -> Prediction:
    """A maximum is level too: a point that starts exactly there stays."""
    drift = wells.rounding_drift(run.model.surface.numbers, start, run.optimizer["lr"], int(run.steps))
    claim, because = f"start on a maximum: largest |x − {start:g}|", "rounding, times 1 + η|f″| a step"
    return Prediction(f"{run.variant}.distance", claim, 0.0, "elementary", atol=drift, because=because)


def check_starts(run: Run[Minimizer], starts: Tensor) -> None:
    """Refuse starts too few to count, steps that may cross a rim, and runs that end on the way."""
    name, f, rate = run.variant, run.model.surface.numbers, run.optimizer["lr"]
    if len(starts) < 100 or starts.min() == starts.max():
        raise InputError(
            f"{name} has {len(starts)} starts from {starts.min():g} to {starts.max():g}; choose copies 1, or "
            "100 or more between two ends, to measure a share"
        )
    limit = wells.largest_orderly_rate(f, float(starts.min()), float(starts.max()))
    if rate >= limit:
        raise InputError(
            f"lr is {rate} in {name}; only below {limit:.4g} is it sure that no step crosses a rim"
        )
    needed = wells.settling_steps(f, starts, rate, NEAR)
    if needed > run.steps:
        raise InputError(f"{name} needs {needed} steps and is given {run.steps}; raise data.count")


def measure(run: Run[Minimizer]) -> dict[str, Quantity]:
    """The same quantities, from where the points went; path is (steps + 1, starts)."""
    trajectory = run.callback(ParameterTrajectory)
    path = trajectory.points
    if path.shape[1] == 1:
        return {"distance": float((path - path[0]).abs().max())}
    signs = trajectory.gradients[0][path[0].argsort()].sign()
    signs = signs[signs != 0]
    turns = signs[1:][signs.diff() != 0]
    return {
        "lowest": float(succeeded(run).double().mean()),
        "kinds": ", ".join("minimum" if sign > 0 else "maximum" for sign in turns),
        "leaves": left_after(run, path),
        **{f"best_of_{k}": best_of(run, k) for k in (3, 5)},
    }


def beside_a_rim(run: Run[Minimizer], starts: Tensor) -> tuple[int, float]:
    """Which of the starts is nearest to a maximum, and how near; infinitely far if there is none."""
    rims = [well.left_rim for well in wells.wells(run.model.surface.numbers)[1:]]
    away = (starts[:, None] - torch.tensor([*rims, math.inf], dtype=torch.float64)).abs().amin(dim=1)
    return int(away.argmin()), float(away.min())


def left_after(run: Run[Minimizer], path: Tensor) -> float:
    """The first step after which the start nearest to a maximum is LEFT away from it."""
    nearest, distance = beside_a_rim(run, path[0])
    gone = ((path[:, nearest] - path[0, nearest]).abs() + distance >= LEFT).nonzero()
    return int(gone[0]) if len(gone) else math.inf


def succeeded(run: Run[Minimizer]) -> Tensor:
    """Which starts found the lowest minimum."""
    last = run.callback(ParameterTrajectory).points[-1]
    return (last - wells.deepest(run.model.surface.numbers).minimum).abs() < NEAR


def best_of(run: Run[Minimizer], k: int) -> float:
    """The share of trials, each of k random starts, in which one succeeded at least."""
    found, generator = succeeded(run), torch.Generator().manual_seed(run.seed)
    drawn = found[torch.randint(len(found), (DRAWS // k, k), generator=generator)]
    return float(drawn.any(dim=1).double().mean())


def draw(runs: list[Run[Minimizer]]) -> Figure:
    """Where dense starts end, how they get there, and what more starts are worth."""
    titles = ("where each start ends", "how it gets there", "restarts: the best of k")
    figure, (left, middle, right) = panels(*titles, width=4.6, height=5)
    for run in [run for run in runs if len(run.model.surface.point) >= DENSE][:1]:
        f, path = run.model.surface.numbers, run.callback(ParameterTrajectory).points
        low, high = float(path[0].min()), float(path[0].max())
        for colour, well in zip(COLOURS, wells.wells(f), strict=False):
            draw_well(left, middle, wells.polynomial(f), path[:, :: len(path[0]) // 40], well, colour)
        share, counts = wells.basin_share(wells.deepest(f), low, high), range(1, 9)
        predicted = [(k, wells.best_of(share, k)) for k in counts]
        compare(right, "", next(styles()), [(k, best_of(run, k)) for k in counts], predicted)
    left.set(xlabel="start x_0", ylabel="f(x_0)")
    middle.set(xlabel="step k", ylabel="x_k")
    right.set(xlabel="k random starts", ylabel="share of trials in which one succeeds", ylim=(0, 1.05))
    note = "left: starts in the colour of the valley where they ended, on the curve in that where they should"
    legend(
        figure, left, f"{note}\nmiddle: measured paths; right: measured markers on 1 − (1 − p)^k", columns=2
    )
    return figure


def draw_well(
    left: Axes, middle: Axes, f: Callable[[Any], Any], path: Tensor, well: wells.Well, colour: str
) -> None:
    """The part of f that drains into the well; the starts that did end there, and their paths."""
    x = torch.linspace(*path[0].aminmax(), 400, dtype=torch.float64)
    x = x[(well.left_rim < x) & (x < well.right_rim)]
    here = path[:, (path[-1] - well.minimum).abs() < NEAR]
    left.plot(x, f(x.numpy()), color=colour, linewidth=1)
    left.plot(here[0], f(here[0].numpy()), "o", mfc="none", color=colour, label=f"ends at {well.minimum:g}")
    middle.plot(here[:60], color=colour, linewidth=0.7)


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
