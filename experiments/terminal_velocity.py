"""How fast does an optimizer run down a straight slope?

Law: on a slope g that never changes, steps of gradient descent are η g long. With momentum they grow towards
η g/(1 − β), and after k steps are 1 − β^k of that. Adam's are η long, however steep the slope is.

A ball in honey gains speed until friction and slope balance: that is its terminal velocity. Momentum β has
such a friction: v ← βv + g keeps βv of the old speed and adds the slope, until v = βv + g, so v = g/(1 − β).
After k steps v = g (1 + β + … + β^(k−1)) = g (1 − β^k)/(1 − β): with β = 0.9 steps become ten times as long
as without it, and nine tenths of that after 22 of them. So what counts is neither the learning rate η nor β
alone, but η/(1 − β). *Averaged* momentum, v ← βv + (1 − d)g with a dampening d = β, ends at v = g. PyTorch
starts it at v = g, too, so that here every step is ηg long from the first on: nothing is gained. Adam divides
an average of slopes by the size of the slopes: g/|g| is ±1, and only η is left (less what ε = 10⁻⁸ takes,
which Adam adds to |g| lest it divide by 0).

    python experiments/terminal_velocity.py

In TensorBoard, open Images: the way behind, and how long each step is, on a logarithmic axis.
Try  --only heavy_ball --model.optimizer.momentum 0.99 --data.count 300  (a hundred times as long in the end,
and 230 steps until nine tenths of it),  or  --only adam --model.surface.coefficients '[0.0, 5000.0]'  (a
thousand times as steep: not a step changes).
"""

import math
from typing import Any

import torch
from matplotlib.figure import Figure
from torch import Tensor

from zoo.cli import ExperimentCLI
from zoo.conditions import (
    require_optimizer,
    require_plain_trainer,
    require_precision,
    require_undisturbed,
)
from zoo.diagnostics import GradientNormMonitor, ParameterTrajectory
from zoo.errors import InputError
from zoo.figures import compare, legend, panels, styles
from zoo.methods import in_words, momentum_form, path_rounding
from zoo.models import Polynomial
from zoo.report import Report
from zoo.run import Run
from zoo.theory import descent, momentum
from zoo.theory.rounding import UNIT
from zoo.training import Minimizer
from zoo.verdict import Prediction, Quantity

NEAR = 0.9  # of the terminal velocity


def main(args: list[str] | None = None) -> Report:
    """Predict, run, measure, judge."""
    callbacks = {"trajectory": ParameterTrajectory, "gradient_norms": GradientNormMonitor}
    cli = ExperimentCLI(__file__, Minimizer, args, callbacks)
    cli.announce(p for run in cli.runs for p in predict(run, closed_form(run)))
    paths = {run.variant: closed_form(run) for run in cli.runs}  # training moves the start
    cli.fit()
    measured = {run.variant: measure(run, paths[run.variant]) for run in cli.runs}
    return cli.report(measured, {"terminal_velocity": draw(cli.runs, paths)})


def predict(run: Run[Minimizer], path: Tensor) -> list[Prediction]:
    """Every point; the last step, where it has all but settled; and when a heavy ball's steps come near."""
    name, o, steps, terminal = run.variant, run.optimizer, len(path) - 1, terminal_step(run)
    off, beta = rounding_of(run), o.get("momentum", 0)
    claim = f"{in_words(run)}: largest gap between a measured and a calculated x_k, over |x_k|"
    found = [Prediction(f"{name}.path", claim, 0.0, "elementary", **off)]
    to_come = max(terminal, o["lr"] * pull_of(run)) * beta ** (steps - 1)
    if to_come <= 0.1 * terminal:
        slack = to_come + 2 * off["atol"] * float(path.abs().max())
        why: Any = {"atol": slack, "because": f"β^(k − 1) of it is yet to come; {off['because']}"}
        claim = f"length of step {steps} on a slope of g = {slope_of(run):g}: {formula_of(run)}"
        found.append(Prediction(f"{name}.step", claim, terminal, "Goh 2017", **why))
    if (count := near_after(run, 2 * off["atol"] * float(path.abs().max()))) and count <= steps:
        claim = f"steps until one is {NEAR:g} of ηg/(1 − β) long"
        found.append(Prediction(f"{name}.near", claim, count, "elementary: 1 − β^k"))
    return found


def measure(run: Run[Minimizer], path: Tensor) -> dict[str, Quantity]:
    """The same quantities, from the recorded points."""
    x = run.callback(ParameterTrajectory).points[:, 0]
    lengths = x.diff().abs()
    near = (lengths >= NEAR * terminal_step(run)).nonzero()
    return {
        "path": float((x - path).abs().max() / path.abs().max()),
        "step": float(lengths[-1]),
        "near": int(near[0]) + 1 if len(near) else math.inf,
    }


def closed_form(run: Run[Minimizer]) -> Tensor:
    """x_0 … x_K before the run; refuse a config of which the law does not speak."""
    check(run)
    slope, start = slope_of(run), run.model.surface.point.item()
    felt = math.copysign(pull_of(run), slope)
    law, form = momentum.constant_slope_iterate, momentum_form(run)
    path = [law(k, start, run.optimizer["lr"], felt, **form) for k in range(int(run.steps) + 1)]
    found = torch.tensor(path, dtype=torch.float64)
    if not (found * slope).isfinite().all():
        raise InputError(f"{run.variant} leaves float64 within {run.steps} steps; lower its η or its start")
    return found


def check(run: Run[Minimizer]) -> None:
    """Refuse a config of which the law does not speak."""
    require_plain_trainer(run)
    require_precision(run, "64-true")
    require_optimizer(run, "SGD", "Adam", known=("momentum", "dampening", "nesterov"))
    require_undisturbed(run)
    surface, name = run.model.surface, run.variant
    if not isinstance(surface, Polynomial) or len(surface.point) != 1:
        raise InputError(f"the surface of {name} must be zoo.models.Polynomial with copies 1")
    c = surface.coefficients.tolist()
    if len(c) != 2 or not c[1]:
        raise InputError(f"coefficients are {c} in {name}; a straight slope has two, the second not 0")
    if run.optimizer["name"] == "Adam" and not 1e-140 < abs(c[1]) < 1e140:
        raise InputError(f"the slope is {c[1]:g} in {name}; Adam squares it: choose 1e-140 to 1e140 in size")
    if run.steps < 1:
        raise InputError(f"data.count is {run.steps:g} in {name}; choose 1 or more steps")


def slope_of(run: Run[Minimizer]) -> float:
    """g."""
    return float(run.model.surface.coefficients[1])


def pull_of(run: Run[Minimizer]) -> float:
    """What an optimizer feels of the slope: |g|, of which Adam's division leaves |g|/(|g| + ε)."""
    slope = abs(slope_of(run))
    return slope / (slope + run.optimizer["eps"]) if run.optimizer["name"] == "Adam" else slope


def terminal_step(run: Run[Minimizer]) -> float:
    """η (1 − d)/(1 − β) of that."""
    form = momentum_form(run)
    return descent.terminal_rate(run.optimizer["lr"], form["momentum"], form["dampening"]) * pull_of(run)


def near_after(run: Run[Minimizer], rounding: float) -> int | None:
    """The first k with 1 − β^k ≥ NEAR; None of other methods than heavy ball, and where rounding decides."""
    o = run.optimizer
    if not o.get("momentum") or o["dampening"] or o["nesterov"]:
        return None
    k = math.ceil(math.log(1 - NEAR) / math.log(o["momentum"]))
    off = [abs(1 - o["momentum"] ** step - NEAR) * terminal_step(run) for step in (k - 1, k)]
    return k if min(off) > rounding else None


def formula_of(run: Run[Minimizer]) -> str:
    """The length of the last step, as the claim has it."""
    o = run.optimizer
    if o["name"] == "Adam":
        return "η g/(|g| + ε)"
    share = "(1 − d)" if o["dampening"] else ""
    return f"η {share}g/(1 − β)" if o["momentum"] else "ηg"


def rounding_of(run: Run[Minimizer]) -> dict[str, Any]:
    """How far the path may be from its closed form, relative to its largest point, and why.

    Adam's averages are corrected by 1 − β₁^k and 1 − β₂^k, at first small differences of rounded numbers.
    """
    if run.optimizer["name"] == "SGD":
        return path_rounding(run)
    slack = 32 * UNIT * run.steps / (1 - max(run.optimizer["betas"]))
    return {"atol": slack, "because": "32 roundings of 1.1e-16 a step, divided by 1 − β₂^k"}


def draw(runs: list[Run[Minimizer]], paths: dict[str, Tensor]) -> Figure:
    """How far each has come, and how long its steps are."""
    figure, (left, right) = panels("way behind", "length of a step", height=5.5)
    for style, run in zip(styles(), runs, strict=False):
        points, label = run.callback(ParameterTrajectory).points[:, 0], f"{run.variant}: {in_words(run)}"
        both = (points, paths[run.variant])
        compare(left, label, style, *(list(enumerate((x - x[0]).abs().tolist())) for x in both))
        compare(right, label, style, *(list(enumerate(x.diff().abs().tolist(), 1)) for x in both))
    left.set(xlabel="step k", ylabel="|x_k − x_0|")
    right.set(xlabel="step k", ylabel="|x_k − x_{k−1}|", yscale="log")
    low, high = right.get_ylim()
    right.set_ylim(low / 1.5, high * 1.5)  # where all steps are alike, not the roundings fill the panel
    legend(figure, left, "measured markers on predicted lines", columns=2)
    return figure


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
