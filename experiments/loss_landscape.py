"""Is a loss a landscape of hills and valleys, with a lowest valley that one walks down to?

Law: near w the loss is L + t g·d + ½t² dᵀHd + O(t³) along any direction d. Of what lies farther away, a ridge
or another valley, the slope g and the curvature H at w say nothing.

What is right about the picture: at every point there is a height, a slope and a curvature, and against the
slope it goes down. What is wrong comes from its two directions, where a network has as many as weights:

- Down is not towards the bottom. In a bowl whose steepest curvature is κ times its flattest, −g points past
  the bottom by up to arccos(2√κ/(κ + 1)): 79° for κ = 100. In a network's landscape it does so, too.
- There is no one valley. Hidden units can change places, and tanh units signs: a minimum has W! 2^W − 1
  copies, all of the same loss. On the straight line from one to another a ridge was seen, of networks with 8
  to 12 hidden units; that is not derived.
- Where the slope is 0 there need be no minimum. At w = 0 it is 0, and W directions lead down.
- The bottom is no point: in most directions the end of a training is flat.

    python experiments/loss_landscape.py

In TensorBoard, open Images: the plane of an end of training, its copy and w = 0, with the ways there seen
from above; the loss on straight lines from that end, and how little of them its slope and curvature know;
all curvatures.
Try  --model.network.width 12  (more weights for the same patients: flat in more directions),  or  --repeats 1
--data.samples 200 --trainer.max_steps 100  (where no one has looked: only what is derived is claimed).
"""

import math
from collections.abc import Iterator

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from zoo.calculus.losses import mse
from zoo.cli import ExperimentCLI
from zoo.conditions import require_optimizer, require_plain_trainer, require_precision
from zoo.data import Diabetes
from zoo.diagnostics import GradientNormMonitor, ParameterTrajectory
from zoo.errors import InputError
from zoo.figures import compare, panels, styles
from zoo.methods import momentum_form
from zoo.models import MLP
from zoo.report import Report
from zoo.run import Run
from zoo.seen import SOURCE, sgd_rate
from zoo.theory import curvature, momentum
from zoo.theory.rounding import UNIT
from zoo.training import Regressor
from zoo.verdict import Prediction, Quantity

Runs = list[Run[Regressor]]  # the repeats of one variant
FORM = {"in_features": 10, "out_features": 1, "depth": 1, "activation": "tanh", "bias": True}
KAPPA = 100.0  # the bowl's steepest curvature over its flattest
CLEAR = 0.1  # of a power: a larger error would hide which it is
STEP = 2 * math.pi / 20_000  # from one point around the bowl to the next


def main(args: list[str] | None = None) -> Report:
    """Predict, train, measure, judge."""
    callbacks = {"trajectory": ParameterTrajectory, "gradient_norms": GradientNormMonitor}
    cli = ExperimentCLI(__file__, Regressor, args, callbacks)
    cli.announce(predict(list(cli.variants.values())))
    cli.fit()
    measured = {name: measure(runs) for name, runs in cli.variants.items()} | {"bowl": measure_bowl()}
    return cli.report(measured, {"landscape": draw(next(iter(cli.variants.values())))})


def predict(variants: list[Runs]) -> Iterator[Prediction]:
    """What is derived of networks and what was seen; how far −g can point past the bottom of a bowl."""
    for runs in variants:
        check(runs[0])
        yield from predict_network(runs[0])
        if all(is_as_seen(run) for run in runs):
            yield from predict_seen(runs)
    claim = f"largest angle between −g and the way to the bottom, in degrees, κ = {KAPPA:g}"
    widest, error = curvature.widest_angle(KAPPA), math.degrees((KAPPA - 1) / KAPPA**0.5 * STEP**2 / 4)
    because = "half a step from the top of a curve that bends by 2(κ − 1)/√κ"
    yield Prediction("bowl.angle", claim, widest, "Kantorovich 1948", atol=error, because=because)


def predict_network(run: Run[Regressor]) -> Iterator[Prediction]:
    """What slope, curvature and symmetry say of a network's loss."""
    name, network, data = run.variant, run.model.network, run.datamodule
    t, error = curvature.parabola_reach(landscape(run), curvature.weights(network))
    claim = f"power of t in L(w − tg) − its parabola, from t = {t:.2g} to a tenth of it"
    because = "L‴ changes by 5 % at most up to t: log₁₀ 1.05; and rounding"
    if error < CLEAR:
        yield Prediction(f"{name}.power", claim, 3.0, "Taylor", atol=error, because=because)
    sums, because = 16 * len(data.x) * network.width * UNIT, "the same numbers, summed in another order"
    claim = "change of L at the end when hidden units change places"
    yield Prediction(f"{name}.copy", claim, 0.0, "symmetry", atol=sums, because=because)
    claim = "cosine of the angle between g and the way, half-way to that copy"
    yield Prediction(f"{name}.half_way", claim, 0.0, "symmetry", atol=sums, because=because)
    error, because = 2.0**-23, "targets are rounded to float32, and so is their mean"
    yield Prediction(f"{name}.slope_at_0", "‖g‖ at w = 0", 0.0, "derived", atol=error, because=because)
    lowest = -curvature.curvature_at_zero(data.x, data.y)
    claim = "lowest curvature at w = 0, −2‖mean y x‖"
    yield Prediction(f"{name}.lowest_at_0", claim, lowest, "derived", rtol=1e-6, because=because)
    claim = "how many curvatures there are negative: W"
    yield Prediction(f"{name}.downhill_at_0", claim, network.width, "derived")


def predict_seen(runs: Runs) -> Iterator[Prediction]:
    """What no one has derived of such a landscape, where it was seen."""
    name = runs[0].variant
    claim = "angle between −g and the way to the end, at the start, in degrees"
    yield Prediction(f"{name}.angle", claim, 40.0, SOURCE, "≥")
    yield Prediction(f"{name}.ridge", "L half-way to the copy − L at the end", 0.2, SOURCE, "≥")
    if len(runs) > 1:
        claim = "L half-way to another seed's end − L at the higher end"
        yield Prediction(f"{name}.between", claim, 0.3, SOURCE, "≥")
    claim = "share of curvatures below −λ_max/100 at the end"
    yield Prediction(f"{name}.down_after", claim, 0.02, SOURCE, "≤")
    yield Prediction(f"{name}.flat_after", "share within ±λ_max/100 there", 0.5, SOURCE, "≥")


def measure(runs: Runs) -> dict[str, Quantity]:
    """The same quantities, from the points that training has visited and the loss around them."""
    run, recorded = runs[0], runs[0].callback(ParameterTrajectory)
    loss, start, end = landscape(run), recorded.points[0], recorded.points[-1]
    zero, copy, other = (
        0 * end,
        curvature.units_reversed(end, run.model.network.width),
        runs[-1].callback(ParameterTrajectory).points[-1],
    )
    t, error = curvature.parabola_reach(loss, start)
    left = [abs(curvature.parabola_left(loss, start, each)) for each in (t, t / 10)]
    half, across = torch.func.grad(loss)((end + copy) / 2), copy - end
    at_zero, after = (torch.linalg.eigvalsh(curvature.hessian(loss, w)) for w in (zero, end))
    return {
        "power": math.log10(left[0] / left[1]) if error < CLEAR else math.nan,
        "copy": float((loss(copy) - loss(end)) / loss(end).clamp(min=1)),
        "half_way": float(half @ across / (half.norm() * across.norm())),
        "slope_at_0": float(torch.func.grad(loss)(zero).norm()),
        "lowest_at_0": float(at_zero[0]),
        "downhill_at_0": int((at_zero < -1e-9).sum()),
        "angle": float(curvature.angle(-recorded.gradients[0], end - start)),
        "ridge": float(loss((end + copy) / 2) - loss(end)),
        "between": float(loss((end + other) / 2) - torch.max(loss(end), loss(other))),
        "down_after": float((after < -after.max() / 100).double().mean()),
        "flat_after": float((after.abs() < after.max() / 100).double().mean()),
    }


def measure_bowl() -> dict[str, Quantity]:
    """The largest angle at points all around a bowl, with its bottom at 0."""
    curvatures = torch.tensor([1.0, KAPPA], dtype=torch.float64)
    turn = torch.arange(0, 2 * math.pi, STEP, dtype=torch.float64)
    points = torch.stack([turn.cos(), turn.sin()], dim=1)
    slopes = torch.func.vmap(torch.func.grad(lambda w: (curvatures * w**2).sum() / 2))(points)
    return {"angle": float(curvature.angle(slopes, points).max())}


def check(run: Run[Regressor]) -> None:
    """Refuse what is not one hidden layer of tanh, or has too many weights, or steps that blow them up."""
    require_plain_trainer(run)
    require_precision(run, "64-true")
    require_optimizer(run, "SGD", known=("momentum", "dampening", "nesterov"))
    name, rate, network, data = run.variant, run.optimizer["lr"], run.model.network, run.datamodule
    if not isinstance(data, Diabetes):
        raise InputError(f"data is {type(data).__name__} in {name}; choose zoo.data.Diabetes")
    if not isinstance(network, MLP) or any(getattr(network, key) != value for key, value in FORM.items()):
        raise InputError(f"the network of {name} is not what these laws speak of: zoo.models.MLP with {FORM}")
    if not 2 <= network.width <= 32:
        raise InputError(f"model.network.width is {network.width} in {name}; choose 2 to 32: H is large")
    most = momentum.stability_limit(**momentum_form(run)) / curvature.output_curvature(network.width)
    if not 0 < rate < most:
        reason = "its output layer may have the curvature 2(W + 1), and must not blow up"
        raise InputError(f"lr is {rate} in {name}; choose one above 0 and below {most:.3g}: {reason}")


def is_as_seen(run: Run[Regressor]) -> bool:
    """Whether the run is of the kind in which all was seen that is claimed without a derivation."""
    network, rate, data = run.model.network, sgd_rate(run), run.config.data.init_args
    usual = network.initialization == "default" and data.standardize and rate is not None
    small = 8 <= network.width <= 12 and 30 <= len(run.datamodule.x) <= 60
    return usual and small and 0.499 < rate < 1.001 and 300 <= run.steps <= 500


def landscape(run: Run[Regressor]) -> curvature.Loss:
    """L as a function of the weights, on all of the run's data."""
    x, y = run.datamodule.x.double(), run.datamodule.y.double()
    return curvature.loss_of_weights(run.model.network, x, lambda p: mse(p, y))


def draw(runs: Runs) -> Figure:
    """The plane of an end of training and its copy, straight lines from that end, and the curvatures."""
    titles = ("the plane of an end, its copy, and w = 0", "L on straight lines from an end", "all curvatures")
    figure, (left, middle, right) = panels(*titles)
    loss, data, path = landscape(runs[0]), runs[0].datamodule, runs[0].callback(ParameterTrajectory).points
    copy = curvature.units_reversed(path[-1], runs[0].model.network.width)
    draw_plane(left, loss, path, copy)
    others = {f"the end of seed {r.seed}": r.callback(ParameterTrajectory).points[-1] for r in runs[1:]}
    draw_lines(middle, loss, path[-1], {"its copy": copy} | others)
    points = {"w = 0": 0 * copy, "start": path[0], "end": path[-1]}
    for style, (name, w) in zip(styles(), points.items(), strict=False):
        lambdas = torch.linalg.eigvalsh(curvature.hessian(loss, w)).tolist()
        right.plot(lambdas, linestyle="", markerfacecolor="none", markersize=4, label=name, **style)
    for sign in (-1, 1):
        right.axhline(sign * curvature.curvature_at_zero(data.x, data.y), color="0.5", linewidth=1, zorder=0)
    right.set(xlabel="eigenvalue of H, in order", ylabel="curvature λ", yscale="symlog")
    for axes, line in ((middle, "slope and curvature at s = 0"), (right, "±2‖mean y x‖, for w = 0")):
        axes.legend(title=f"line: {line}", fontsize="small", title_fontsize="small")
    return figure


def draw_plane(axes: Axes, loss: curvature.Loss, path: Tensor, copy: Tensor) -> None:
    """Height lines over the plane of w = 0, an end and its copy; training's ways, seen from above."""
    sides = torch.stack([path[-1] - copy, path[-1] + copy])
    sides = sides / sides.norm(dim=1, keepdim=True)
    x, y = (torch.linspace(-1.4, 1.4, 71, dtype=torch.float64) * reach for reach in sides @ path[-1])
    heights = torch.func.vmap(loss, chunk_size=1000)(torch.cartesian_prod(x, y) @ sides).reshape(71, 71)
    lines = axes.contour(x, y, heights.T.log10(), levels=16, cmap="viridis", linewidths=0.8)
    axes.figure.colorbar(lines, ax=axes, label="log₁₀ L")
    for side, line, name, place in ((1, "-", "end", "o"), (-1, ":", "copy", "D")):
        way = path @ sides.T * torch.tensor([side, 1])
        axes.plot(*way.T, line, color="#D55E00", label=f"way of training to the {name}, projected")
        axes.plot(*way[-1], place, color="black", label=name)
    axes.plot([0], [0], "s", color="black", label="w = 0: no slope, no minimum")
    axes.set(xlabel="along end − copy", ylabel="along end + copy")
    axes.legend(fontsize="small", loc="lower left")


def draw_lines(axes: Axes, loss: curvature.Loss, end: Tensor, others: dict[str, Tensor]) -> None:
    """L from an end of training to others, and the parabola of its slope and curvature at the end."""
    s = torch.linspace(0, 1, 26, dtype=torch.float64)
    for style, (name, other) in zip(styles(), others.items(), strict=False):
        heights = torch.func.vmap(loss)(end + s[:, None] * (other - end))
        height, slope, second = curvature.derivatives_along(loss, end, other - end, order=2)
        parabola = height + s * slope + s**2 * second / 2
        points, line = (torch.stack([s, each], dim=1) for each in (heights, parabola))
        compare(axes, f"to {name}", style, points.tolist(), line[parabola < 2 * heights.max()].tolist())
    axes.set(xlabel="share s of the way", ylabel="L")


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
