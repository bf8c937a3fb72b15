"""Does gradient descent find the lowest valley, and what helps where it does not?

Law: it ends in the valley it starts in: in the lowest with the chance p, its share of all starts, and with
1 − (1 − p)^k if the best of k starts is kept; a minimum with f″ > 2/η it cannot hold at all.

Where the derivative f′ is 0 the ground is level, and the second derivative f″ tells a minimum (f″ > 0) from a
maximum (f″ < 0). A minimum is as level as the lowest of all: nothing there says that a better one exists.
Which one is found depends on the start, and not on the learning rate η while it is small: small steps are
slow, not trapped. A large η overshoots where a valley is sharp, and jumps to and fro for ever, even in the
lowest. Momentum β makes the point a ball that rolls with friction (1 − β)/√η: with enough β it clears the rim
of a shallow valley, with too much it comes back. A network's loss has such valleys in more dimensions: two
hidden ReLU units can learn XOR (one of two inputs, not both), but three of four random starts get stuck, at
losses that can be calculated.

    python experiments/local_minima.py

In TensorBoard, open Images: which start ends where, the balls on their predicted paths, and what more starts
are worth; where nothing was predicted, there is no line.
Try  --only basins --model.surface.start -1.0  (fewer starts lie in the lowest valley: both shares fall),
or  --only momentum --model.surface.start 1.5  (from lower down the same ball stays in the shallow valley),
or  --only xor --model.optimizer.momentum 0.9  (momentum wakes no network whose units are all dead).
"""

import math
from itertools import takewhile
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.table import Table
from torch import Tensor

from zoo import seen
from zoo.cli import ExperimentCLI
from zoo.conditions import (
    require_optimizer,
    require_plain_trainer,
    require_precision,
    require_undisturbed,
)
from zoo.diagnostics import GradientNormMonitor, ParameterTrajectory
from zoo.errors import InputError
from zoo.figures import COLOURS, compare, legend, panels, styles
from zoo.models import Polynomial, XorNetworks
from zoo.report import Report
from zoo.run import Run
from zoo.theory import overshoot, rolling, wells, xor
from zoo.training import Minimizer
from zoo.verdict import Prediction, Quantity

NEAR = 1e-3  # a point this near to a minimum or maximum is there
STILL = 1e-5  # a network with a gradient this small stands still
DENSE = 1000  # so many starts lie so close that what is between two is plain
DRAWS = 30_000  # random starts, drawn from the evenly spaced ones
SOLVED = 0.255  # the share of 20 000 networks that learnt XOR, ± 0.006 for η = 0.1 to 0.2, 400 to 800 steps


def main(args: list[str] | None = None) -> Report:
    """Predict, run, measure, judge."""
    callbacks = {"trajectory": ParameterTrajectory, "gradient_norms": GradientNormMonitor}
    cli = ExperimentCLI(__file__, Minimizer, args, callbacks)
    cli.announce(p for run in cli.runs for p in predict(run))
    cli.fit()
    measured = {run.variant: measure(run) for run in cli.runs}
    return cli.report(measured, {"valleys": draw(cli.runs)}, [where_networks_end(cli.runs)])


def predict(run: Run[Minimizer]) -> list[Prediction]:
    """Each kind of run has its law."""
    check(run)
    if isinstance(run.model.surface, XorNetworks):
        return predict_networks(run)
    starts = run.model.surface.point.detach()
    low, high, rate = float(starts.min()), float(starts.max()), run.optimizer["lr"]
    if run.optimizer["momentum"]:
        return predict_ball(run, low)
    if low == high:
        return predict_rim(run, low)
    if rate < wells.largest_orderly_rate(heights(run), low, high):
        return predict_basins(run, low, high)
    return predict_jumps(run, low, high)


def predict_basins(run: Run[Minimizer], low: float, high: float) -> list[Prediction]:
    """Shares of many starts; and what the signs of f′ at the starts say, where these are dense."""
    name, f, rate, starts = run.variant, heights(run), run.optimizer["lr"], run.model.surface.point
    require_copies(run, 100, "of 100 or more, to measure a share")
    if (needed := wells.settling_steps(f, starts, rate, NEAR)) > run.steps:
        raise InputError(f"{name} needs {needed} steps and is given {run.steps}; raise data.count")
    best, spacing = wells.deepest(f), 2 / len(starts)
    share = wells.basin_share(best, low, high)
    claim = (
        f"η = {rate:g}: share p of starts in [{low:g}, {high:g}] that end at x = {best.minimum:g}, the lowest"
    )
    because = "evenly spaced points count a length to within one point at either end"
    found = [Prediction(f"{name}.lowest", claim, share, "elementary", atol=spacing, because=because)]
    if len(starts) < DENSE:
        return found
    kinds = ", ".join(kind for x, kind in wells.stationary_points(f) if low < x < high)
    if kinds:
        claim = "where f′ changes its sign, from left to right"
        found.append(Prediction(f"{name}.kinds", claim, kinds, "elementary: the sign of f″"))
    claim = "share of starts that end at a maximum"
    found.append(Prediction(f"{name}.at_maximum", claim, 0.0, "elementary; Lee et al. 2016"))
    return found + [predict_best(run, k, share, spacing, DRAWS, "elementary") for k in (3, 5)]


def predict_best(run: Run[Minimizer], k: int, p: float, error: float, starts: int, law: str) -> Prediction:
    """1 − (1 − p)^k, for a p known to within error."""
    chance = wells.best_of(p, k)
    spread = 4 * (chance * (1 - chance) / (starts // k)) ** 0.5 + k * error
    claim = f"share of successes if the best of k = {k} random starts is kept: 1 − (1 − p)^k"
    because = f"four standard errors of {starts // k} trials, and the error of p"
    return Prediction(f"{run.variant}.best_of_{k}", claim, chance, law, atol=spread, because=because)


def predict_rim(run: Run[Minimizer], start: float) -> list[Prediction]:
    """A maximum is level too: a point that starts exactly there stays."""
    drift = wells.rounding_drift(heights(run), start, run.optimizer["lr"], int(run.steps))
    claim = f"start exactly on a maximum: largest |x − {start:g}|"
    because = "rounding, which grows by 1 + η|f″| a step"
    return [Prediction(f"{run.variant}.distance", claim, 0.0, "elementary", atol=drift, because=because)]


def predict_jumps(run: Run[Minimizer], low: float, high: float) -> list[Prediction]:
    """Beside each of two points is a minimum that holds it, or one that is too sharp."""
    f, rate, found = heights(run), run.optimizer["lr"], []
    require_copies(run, 2, f"2 at lr {rate}, at which points change places")
    for side, start in (("left", low), ("right", high)):
        minimum = overshoot.nearest_minimum(f, start)
        width, error = overshoot.last_jump(f, start, rate, int(run.steps))
        limit = 2 / wells.curvature(f, minimum)
        claim = f"η = {rate:g} near x = {minimum:g}, where 2/f″ = {limit:.4g}: length of the last step"
        because, law = "what so many steps leave of the way", "elementary; May 1976"
        found.append(Prediction(f"{run.variant}.{side}", claim, width, law, atol=error, because=because))
    return found


def predict_ball(run: Run[Minimizer], start: float) -> list[Prediction]:
    """The well in which a ball with friction is trapped in the end."""
    f, rate, beta = heights(run), run.optimizer["lr"], run.optimizer["momentum"]
    require_copies(run, 1, f"1 with momentum {beta}")
    minimum = rolling.final_well(f, start, rate, beta, int(run.steps))
    critical = 1 - rolling.critical_friction(f, start) * rate**0.5
    claim = (
        f"from x = {start:g} with β = {beta:g}: well it ends in (to clear the rim takes β > {critical:.3f})"
    )
    return [Prediction(f"{run.variant}.well", claim, f"x = {minimum:g}", "derived; Polyak 1964")]


def predict_networks(run: Run[Minimizer]) -> list[Prediction]:
    """What is calculated for ReLU networks on XOR, and a share that was only seen."""
    name, o, surface = run.variant, run.optimizer, run.model.surface
    units, copies, dead = surface.hidden, len(surface.point), xor.dead_share(surface.hidden)
    if copies * dead < 8 or o["lr"] >= 1:  # with a larger lr outputs grow for ever, and 0 · ∞ moves the dead
        least = math.ceil(8 / dead)
        raise InputError(f"{name} needs copies of {least} or more, of which 8 are dead, and an lr below 1")
    claim = f"share of networks whose {units} hidden units never move: (13/48)^{units}"
    error, because = 4 * (dead * (1 - dead) / copies) ** 0.5, "four standard errors of the sample"
    law = "derived; cf. Lu et al. 2020"
    found = [Prediction(f"{name}.dead", claim, dead, law, atol=error, because=because)]
    if 0.05 <= o["lr"] <= 0.2 and run.steps >= 300 and o["momentum"] <= 0.9:  # the dead at least stand still
        losses = ", ".join(f"{loss:.4g}" for loss in xor.stuck_losses())
        claim = f"networks that stand still: largest distance of a loss from one of {losses}"
        because, law = "of second order in what is left of the gradient", "derived; cf. Swirszcz et al. 2016"
        found.append(Prediction(f"{name}.stuck", claim, 0.0, law, atol=1e-6, because=because))
    if learning_was_seen(run):
        found += [predict_best(run, k, SOLVED, 0.006, copies, seen.SOURCE) for k in (1, 5)]
    return found


def learning_was_seen(run: Run[Minimizer]) -> bool:
    """Whether the run is like those by which SOLVED is known."""
    o, hidden = run.optimizer, run.model.surface.hidden
    return hidden == 2 and 0.1 <= o["lr"] <= 0.2 and 400 <= run.steps <= 800 and not o["momentum"]


def check(run: Run[Minimizer]) -> None:
    """Refuse a config of which these laws do not speak."""
    name, model = run.variant, run.model
    require_plain_trainer(run)
    require_precision(run, "64-true")
    require_optimizer(run, "SGD", known=("momentum",))
    if not isinstance(model.surface, Polynomial | XorNetworks):
        raise InputError(
            f"model.surface is {type(model.surface).__name__} in {name}; choose zoo.models.Polynomial or "
            "zoo.models.XorNetworks"
        )
    require_undisturbed(run)
    if not run.optimizer["lr"]:
        raise InputError(f"model.optimizer.lr is 0 in {name}; choose an lr above 0")


def require_copies(run: Run[Minimizer], copies: int, needed: str) -> None:
    """Refuse another number of points than a law is for; 100 stands for that or more."""
    found = len(run.model.surface.point)
    if found < copies or found > copies < 100:
        raise InputError(f"copies is {found} in {run.variant}; the law is for copies {needed}")


def measure(run: Run[Minimizer]) -> dict[str, Quantity]:
    """The same quantities, from where the points went."""
    path = run.callback(ParameterTrajectory).points
    if isinstance(run.model.surface, XorNetworks):
        return measure_networks(run, path)
    if run.optimizer["momentum"]:
        x, x_before = float(path[-1, 0]), float(path[-2, 0])
        minimum = rolling.trapped(heights(run), x, (x - x_before) / run.optimizer["lr"] ** 0.5)
        return {"well": "none yet" if minimum is None else f"x = {minimum:g}"}
    if len(path[0]) > 2:
        return measure_basins(run, path)
    last = (path[-1] - path[-2]).abs()
    return {
        "distance": float((path - path[0]).abs().max()),
        "left": float(last[path[0].argmin()]),
        "right": float(last[path[0].argmax()]),
    }


def measure_basins(run: Run[Minimizer], path: Tensor) -> dict[str, Quantity]:
    """path is (steps + 1, starts)."""
    signs = run.callback(ParameterTrajectory).gradients[0][path[0].argsort()].sign()
    signs = signs[signs != 0]
    turns = signs[1:][signs.diff() != 0]
    rims = torch.tensor([well.left_rim for well in wells.wells(heights(run))[1:]], dtype=torch.float64)
    stays = ((path[-1][:, None] - rims).abs() < NEAR).any(dim=1)
    return {
        "lowest": float(succeeded(run).double().mean()),
        "kinds": ", ".join("minimum" if sign > 0 else "maximum" for sign in turns),
        "at_maximum": float(stays.double().mean()),
        **{f"best_of_{k}": best_of(run, k) for k in (3, 5)},
    }


def measure_networks(run: Run[Minimizer], path: Tensor) -> dict[str, Quantity]:
    """path is (steps + 1, networks · parameters)."""
    surface = run.model.surface
    first, last = (row.reshape(surface.point.shape)[:, : 3 * surface.hidden] for row in path[[0, -1]])
    gradients = run.callback(ParameterTrajectory).gradients[-1].reshape(surface.point.shape)
    off = off_level(run)[gradients.norm(dim=1) < STILL].amin(dim=1)
    return {
        "dead": float((first == last).all(dim=1).double().mean()),
        "stuck": max(off.tolist(), default=math.inf),
        **{f"best_of_{k}": best_of(run, k) for k in (1, 5)},
    }


def off_level(run: Run[Minimizer]) -> Tensor:
    """How far each network's loss is from each at which one can be stuck, (networks, losses)."""
    losses = run.model.surface.losses().detach()
    return (losses[:, None] - torch.tensor(xor.stuck_losses(), dtype=torch.float64)).abs()


def succeeded(run: Run[Minimizer]) -> Tensor:
    """Which starts found the lowest minimum; of networks, those below every loss at which one is stuck."""
    surface = run.model.surface
    if isinstance(surface, XorNetworks):
        return surface.losses().detach() < xor.stuck_losses()[1]
    return (surface.point.detach()[:, 0] - wells.deepest(heights(run)).minimum).abs() < NEAR


def best_of(run: Run[Minimizer], k: int) -> float:
    """The share of groups of k random starts of which one succeeded at least."""
    found = succeeded(run)
    if isinstance(run.model.surface, Polynomial):  # networks have random starts already
        generator = torch.Generator().manual_seed(run.seed)
        found = found[torch.randint(len(found), (DRAWS,), generator=generator)]
    groups = found[: len(found) // k * k].reshape(-1, k)
    return float(groups.any(dim=1).double().mean())


def heights(run: Run[Minimizer]) -> list[float]:
    """The coefficients of f."""
    coefficients: list[float] = run.model.surface.coefficients.tolist()
    return coefficients


def where_networks_end(runs: list[Run[Minimizer]]) -> Table:
    """How many networks came near each loss at which one can be stuck."""
    losses = [f"{loss:.4g}" for loss in xor.stuck_losses()]
    title = "Networks by the loss that they came to; 0 has learnt XOR, the others are stuck"
    table = Table("run", *losses, "between", title=title, title_justify="left")
    for run in runs:
        if isinstance(run.model.surface, XorNetworks):
            near = off_level(run) < NEAR
            counts = [*near.sum(dim=0).tolist(), int((~near.any(dim=1)).sum())]
            table.add_row(run.variant, *map(str, counts))
    return table


def draw(runs: list[Run[Minimizer]]) -> Figure:
    """Where starts end; the balls' paths; what more starts are worth."""
    titles = ("descent: where each start ends", "momentum: where the ball is", "restarts: the best of k")
    figure, (left, middle, right) = panels(*titles, width=4.6, height=5.2)
    for style, run in zip(styles(), runs, strict=False):
        path = run.callback(ParameterTrajectory).points
        if isinstance(run.model.surface, XorNetworks):
            draw_restarts(right, run, style, SOLVED if learning_was_seen(run) else None)
        elif run.optimizer["momentum"]:
            draw_ball(middle, run, style, path[:, 0])
        elif len(path[0]) >= DENSE:
            low, high = float(path[0].min()), float(path[0].max())
            draw_ends(left, run, path, low, high)
            draw_restarts(right, run, style, wells.basin_share(wells.deepest(heights(run)), low, high))
        elif len(path[0]) == 2:
            jumps, f = path[-2:].numpy(), wells.polynomial(heights(run))
            left.plot(jumps, f(jumps), "k.:", label=[f"η = {run.optimizer['lr']:g}, the last step", ""])
    left.set(xlabel="x", ylabel="f(x)")
    middle.set(xlabel="step k", ylabel="x_k")
    right.set(xlabel="k random starts", ylabel="share of trials in which one succeeds", ylim=(0, 1.05))
    for axes in (left, right):
        if axes.lines:
            axes.legend(fontsize="small")
    momentum = "Momentum is PyTorch's: v ← βv + f′(x), x ← x − ηv, for a ball with friction (1 − β)/√η"
    legend(figure, middle, f"Measured markers on predicted lines. {momentum}", columns=3)
    return figure


def draw_ends(axes: Axes, run: Run[Minimizer], path: Tensor, low: float, high: float) -> None:
    """f in the colour of the well where a start should end, starts in that of the well where they did."""
    f, every = wells.polynomial(heights(run)), len(path[0]) // 40
    for colour, well in zip(COLOURS, wells.wells(heights(run)), strict=False):
        x = torch.linspace(max(low, well.left_rim), min(high, well.right_rim), 100).numpy()
        axes.plot(x, f(x), color=colour, linewidth=1)
        x = path[0, ::every][(path[-1, ::every] - well.minimum).abs() < NEAR].numpy()
        axes.plot(x, f(x), "o", mfc="none", color=colour, label=f"ends at {well.minimum:g}")


def draw_ball(axes: Axes, run: Run[Minimizer], style: dict[str, Any], x: Tensor) -> None:
    """x_k, and where the ball of the law is at the time k√η."""
    scale, beta = run.optimizer["lr"] ** 0.5, run.optimizer["momentum"]
    path = rolling.roll(heights(run), float(x[0]), rolling.friction(scale**2, beta))
    predicted = [(t / scale, x) for t, x, _ in takewhile(lambda place: place[0] <= run.steps * scale, path)]
    compare(axes, f"β = {beta:g}", style, list(enumerate(x.tolist())), predicted)


def draw_restarts(axes: Axes, run: Run[Minimizer], style: dict[str, Any], p: float | None) -> None:
    """The share of trials that succeed with 1, 2, … starts, and 1 − (1 − p)^k, where p is known."""
    counts = range(1, 9)
    predicted = [(k, wells.best_of(p, k)) for k in counts] if p else []
    compare(axes, run.variant, style, [(k, best_of(run, k)) for k in counts], predicted)


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
