"""Do networks get stuck in local minima?

Law: a ReLU network that learns XOR can stand still at four losses only, 0, 1/8, 1/6 and 1/4; and with the
chance (13/48)^H none of its H hidden units ever moves.

XOR is 1 if one of two inputs is 1 but not both: its data are the corners (0, 0), (0, 1), (1, 0), (1, 1) of a
square, with the targets 0, 1, 1, 0. The network is c + Σ a_j relu(w_j·x + b_j), a sum over its units j with
relu(z) = max(z, 0); its loss L is the mean squared error on the corners. Two units can bring it to 0.

A unit is active on the corners where w_j·x + b_j > 0, and it learns from these alone. One that is active on
no corner is dead: it gets no gradient, now or later. At PyTorch's random start the chance of that is 13/48.

A unit that is active on one, two or three corners learns until there is no error left on them. On the corners
where no unit is active the output is one number, c, and what is best for c is the mean of their targets. Two
such corners with the targets 0 and 1 leave L = ¼(¼ + ¼) = 1/8; three leave 1/6, and all four 1/4. (Units that
are active everywhere make a plane, and the best plane has 1/4 as well.) There the gradient is 0, and small
changes of the 4H + 1 weights make it no better: a local minimum, as good as it gets without a jump.

What helps is to start again and to keep the best of k, or to have more units than the task needs.

    python experiments/stuck_networks.py

In TensorBoard, open Images: the losses of a thousand networks, put in order: a stair with four levels; and
what more starts are worth.
Try  --only two_units --model.optimizer.momentum 0.9  (momentum wakes no network whose units are all dead),
or  --only two_units --model.surface.hidden 1 --model.surface.copies 200  (one unit cannot learn XOR).
"""

import math

import torch
from matplotlib.figure import Figure
from rich.table import Table
from torch import Tensor

from zoo import seen
from zoo.cli import ExperimentCLI
from zoo.conditions import require_descent
from zoo.diagnostics import GradientNormMonitor, ParameterTrajectory
from zoo.errors import InputError
from zoo.figures import compare, legend, panels, styles
from zoo.models import XorNetworks
from zoo.report import Report
from zoo.run import Run
from zoo.theory import wells, xor
from zoo.training import Minimizer
from zoo.verdict import Prediction, Quantity

NEAR = 1e-3  # a loss this near to a level has come to it
STILL = 1e-5  # a network with a gradient this small stands still
# H → the share of networks below 1/8, and its error: seen of 20 000, η = 0.1 to 0.2, after 400 to 800 steps.
LEARNT = {2: (0.254, 0.01), 3: (0.508, 0.015)}


def main(args: list[str] | None = None) -> Report:
    """Predict, run, measure, judge."""
    callbacks = {"trajectory": ParameterTrajectory, "gradient_norms": GradientNormMonitor}
    cli = ExperimentCLI(__file__, Minimizer, args, callbacks)
    cli.announce(p for run in cli.runs for p in predict(run))
    cli.fit()
    measured = {run.variant: measure(run) for run in cli.runs}
    return cli.report(measured, {"losses": draw(cli.runs)}, [where_networks_end(cli.runs)])


def predict(run: Run[Minimizer]) -> list[Prediction]:
    """How many never move, at which losses others stand still, and what restarts are worth."""
    require_descent(run, XorNetworks, "momentum")
    name, o, units, copies = (
        run.variant,
        run.optimizer,
        run.model.surface.hidden,
        len(run.model.surface.point),
    )
    dead = xor.dead_share(units)
    if copies * dead < 8 or o["lr"] >= 1:  # with a larger lr outputs grow for ever, and 0 · ∞ moves the dead
        least = math.ceil(8 / dead)
        raise InputError(f"{name} needs copies of {least} or more, of which 8 are dead, and an lr below 1")
    claim = f"share of networks whose hidden units ({units}) are all dead, and never move: (13/48)^{units}"
    error, because = 4 * (dead * (1 - dead) / copies) ** 0.5, "four standard errors of the sample"
    law = "derived; cf. Lu et al. 2020"
    found = [Prediction(f"{name}.dead", claim, dead, law, atol=error, because=because)]
    if 0.05 <= o["lr"] <= 0.2 and run.steps >= 300 and o["momentum"] <= 0.9:  # the dead at least stand still
        levels = ", ".join(f"{loss:.4g}" for loss in xor.stuck_losses())
        claim = f"networks that stand still: largest distance of a loss from one of {levels}"
        because, law = "of second order in what is left of the gradient", "derived; cf. Swirszcz et al. 2016"
        found.append(Prediction(f"{name}.stuck", claim, 0.0, law, atol=1e-6, because=because))
    return found + [predict_best(run, k, *share) for share in learning_seen(run) for k in (1, 5)]


def predict_best(run: Run[Minimizer], k: int, share: float, error: float) -> Prediction:
    """1 − (1 − p)^k, for a p known to within error."""
    chance, trials = wells.best_of(share, k), len(run.model.surface.point) // k
    spread = 4 * (chance * (1 - chance) / trials) ** 0.5 + chance - wells.best_of(share - error, k)
    claim = f"share of successes if the best of k = {k} networks is kept: 1 − (1 − p)^k with p = {share:g}"
    because = f"four standard errors of {trials} trials, and the error of p"
    return Prediction(f"{run.variant}.best_of_{k}", claim, chance, seen.SOURCE, atol=spread, because=because)


def learning_seen(run: Run[Minimizer]) -> list[tuple[float, float]]:
    """The share that learns and its error, if the run is like those by which it is known."""
    o, hidden = run.optimizer, run.model.surface.hidden
    alike = 0.1 <= o["lr"] <= 0.2 and 400 <= run.steps <= 800 and not o["momentum"]
    return [LEARNT[hidden]] if alike and hidden in LEARNT else []


def measure(run: Run[Minimizer]) -> dict[str, Quantity]:
    """The same quantities, from gradients and losses; the weights of the units come first, 3H of 4H + 1.

    A unit that never moves is one without a gradient at any step: weights may stand still for a tiny η, too.
    """
    surface, trajectory = run.model.surface, run.callback(ParameterTrajectory)
    shape, units = surface.point.shape, 3 * surface.hidden
    pull = trajectory.gradients.reshape(-1, *shape)[:, :, :units]
    still = trajectory.gradients[-1].reshape(shape).norm(dim=1) < STILL
    return {
        "dead": float((pull == 0).all(dim=2).all(dim=0).double().mean()),
        "stuck": max(off_level(run)[still].amin(dim=1).tolist(), default=math.inf),
        **{f"best_of_{k}": best_of(run, k) for k in (1, 5)},
    }


def losses_of(run: Run[Minimizer]) -> Tensor:
    """Each network's loss after the last step, (networks,)."""
    losses: Tensor = run.model.surface.losses().detach()
    return losses


def off_level(run: Run[Minimizer]) -> Tensor:
    """How far each network's loss is from each at which one can be stuck, (networks, losses)."""
    return (losses_of(run)[:, None] - torch.tensor(xor.stuck_losses(), dtype=torch.float64)).abs()


def best_of(run: Run[Minimizer], k: int) -> float:
    """The share of groups of k networks of which one at least is below all losses at which one is stuck."""
    learnt = losses_of(run) < xor.stuck_losses()[1]
    return float(learnt[: len(learnt) // k * k].reshape(-1, k).any(dim=1).double().mean())


def where_networks_end(runs: list[Run[Minimizer]]) -> Table:
    """How many networks came near each loss at which one can be stuck."""
    levels = [f"{loss:.4g}" for loss in xor.stuck_losses()]
    title = "Networks by the loss that they came to; 0 has learnt XOR, the others are stuck"
    table = Table("run", *levels, "on the way", title=title, title_justify="left")
    for run in runs:
        near = off_level(run) < NEAR
        counts = [*near.sum(dim=0).tolist(), int((~near.any(dim=1)).sum())]
        table.add_row(run.variant, *map(str, counts))
    return table


def draw(runs: list[Run[Minimizer]]) -> Figure:
    """The losses in order, a stair of the levels; what more starts are worth."""
    figure, (left, right) = panels("losses at the end, in order", "restarts: the best of k")
    for level in xor.stuck_losses():
        left.axhline(level, color="0.6", linewidth=1)
    for style, run in zip(styles(), runs, strict=False):
        losses, counts = losses_of(run).sort().values.tolist(), range(1, 9)
        compare(left, "", style, [(i / len(losses), loss) for i, loss in enumerate(losses)])
        predicted = [(k, wells.best_of(p, k)) for p, _ in learning_seen(run) for k in counts]
        compare(right, run.variant, style, [(k, best_of(run, k)) for k in counts], predicted)
    left.set(xlabel="share of networks with a lower loss", ylabel="loss L", ylim=(-0.01, 0.3))
    right.set(xlabel="k networks", ylabel="share of trials in which one learns", ylim=(0, 1.05))
    legend(figure, right, "left, grey: the four losses at which a network can be stuck; right: 1 − (1 − p)^k")
    return figure


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
