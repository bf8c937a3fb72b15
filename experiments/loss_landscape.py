"""Is a loss a landscape of hills and valleys, with a lowest valley that one walks down to?

Law: near w the loss is L + t g·d + ½t² dᵀHd + O(t³) along any direction d: the slope g and the curvature H at
w are all that is known there, and nothing beyond.

What is right about the picture: at every point there is a height, a slope and a curvature, and against the
slope it goes down. What is wrong comes from its two directions, where a network has as many as weights:

- Down is not towards the bottom. In a bowl whose steepest curvature is κ times its flattest, −g points past
  the bottom by up to arccos(2√κ/(κ + 1)): 79° for κ = 100.
- There is no one valley. Hidden units can change places, and tanh units signs: a minimum has W! 2^W − 1
  copies, all of the same loss, and on the straight line from one to another there is a ridge.
- Where the slope is 0 there need be no minimum. At w = 0 it is 0, and W directions lead down.
- The bottom is no point: in most directions the end of a training is flat.

    python experiments/loss_landscape.py

In TensorBoard, open Images: the plane of an end of training, its copy and w = 0, with the ways there; the
loss on straight lines from it, and how little of them its slope and curvature know; all curvatures.
Try  --only bowl --model.surface.curvatures '[1.0, 4.0]' --model.surface.start '[1.0, 0.5]'  (37° at most),
or  --only network --model.network.width 12  (more weights for the same patients: flat in more directions).
"""

import math
from collections.abc import Iterator

import lightning as L
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
from zoo.models import MLP, Quadratic
from zoo.report import Report
from zoo.run import Run
from zoo.seen import SOURCE, sgd_rate
from zoo.theory import curvature, descent
from zoo.theory.rounding import UNIT
from zoo.training import Minimizer, Regressor
from zoo.verdict import Prediction, Quantity

Runs = list[Run[L.LightningModule]]  # the repeats of one variant
FORM = {"in_features": 10, "out_features": 1, "depth": 1, "activation": "tanh", "bias": True}


def main(args: list[str] | None = None) -> Report:
    """Predict, train, measure, judge."""
    callbacks = {"trajectory": ParameterTrajectory, "gradient_norms": GradientNormMonitor}
    cli = ExperimentCLI(__file__, L.LightningModule, args, callbacks)
    cli.announce(predict(list(cli.variants.values())))
    cli.fit()
    measured = {name: measure(runs) for name, runs in cli.variants.items()}
    networks = [runs for runs in cli.variants.values() if is_network(runs[0])]
    return cli.report(measured, {"landscape": draw(networks[0])} if networks else {})


def predict(variants: list[Runs]) -> Iterator[Prediction]:
    """Of networks and of bowls."""
    for runs in variants:
        check(runs[0])
        if is_network(runs[0]):
            yield from predict_network(runs[0])
            yield from predict_seen(runs)
        else:
            yield from predict_bowl(runs[0])


def predict_bowl(run: Run[L.LightningModule]) -> Iterator[Prediction]:
    """How far −g can point past the bottom."""
    widest = curvature.widest_angle(descent.condition_number(run.model.surface.curvatures))
    claim, source = "largest angle between −g and the way to the bottom, in degrees", "Kantorovich 1948"
    rounding = {"atol": 1e-10, "because": "rounding of angles in degrees"}
    yield Prediction(f"{run.variant}.angle", claim, widest, source, "≤", **rounding)


def predict_network(run: Run[L.LightningModule]) -> Iterator[Prediction]:
    """What slope, curvature and symmetry say of a network's loss."""
    name, network, data = run.variant, run.model.network, run.datamodule
    along = curvature.along_descent(landscape(run), curvature.weights(network))
    t = curvature.parabola_reach(along)
    error = 0.016 + 100 * UNIT * along[0] / abs(along[3] * (t / 10) ** 3 / 6)
    claim = f"power of t in L(w − tg) − its parabola, from t = {t:.2g} to a tenth of it"
    because = "the next term is a fiftieth there: 2 · 0.02 · 0.9/ln 10"
    if error < 0.1:  # else rounding hides what is left over
        yield Prediction(f"{name}.power", claim, 3.0, "Taylor", atol=error, because=because)
    sums, because = 16 * len(data.x) * network.width * UNIT, "the same numbers, summed in another order"
    claim = "change of L at the end when hidden units change places"
    yield Prediction(f"{name}.copy", claim, 0.0, "symmetry", atol=sums, because=because)
    claim = "slope half-way to that copy / a quarter of the way there"
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
    if all(is_as_seen(run) for run in runs):
        claim = "angle between −g and the way to the end, at the start, in degrees"
        yield Prediction(f"{name}.angle", claim, 40.0, SOURCE, "≥")
        yield Prediction(f"{name}.ridge", "L half-way to the copy − L at the end", 0.2, SOURCE, "≥")
        if len(runs) > 1:
            claim = "L half-way to another seed's end − L at the higher end"
            yield Prediction(f"{name}.between", claim, 0.3, SOURCE, "≥")
        claim = "share of curvatures below −λ_max/100: at the start"
        yield Prediction(f"{name}.down_before", claim, 0.1, SOURCE, "≥")
        yield Prediction(f"{name}.down_after", "the same: at the end", 0.02, SOURCE, "≤")
        yield Prediction(f"{name}.flat_after", "share within ±λ_max/100: at the end", 0.5, SOURCE, "≥")


def measure(runs: Runs) -> dict[str, Quantity]:
    """The same quantities, from the points that training has visited and the loss around them."""
    run, recorded = runs[0], runs[0].callback(ParameterTrajectory)
    if not is_network(run):
        sizes = recorded.points[:-1].norm(dim=1)
        sound = (sizes > 1e-100) & (sizes < 1e100)  # beyond, squares leave float64
        return {"angle": float(angle(recorded.gradients, recorded.points[:-1])[sound].max())}
    loss, start, end = landscape(run), recorded.points[0], recorded.points[-1]
    zero, copy, other = 0 * end, mirrored(run, end), runs[-1].callback(ParameterTrajectory).points[-1]
    t = curvature.parabola_reach(curvature.along_descent(loss, start))
    far, near = (abs(curvature.parabola_left(loss, start, each)) for each in (t, t / 10))
    half, quarter = (
        curvature.derivatives_along(loss, end + s * (copy - end), copy - end, order=1) for s in (0.5, 0.25)
    )
    at_zero, before, after = (torch.linalg.eigvalsh(curvature.hessian(loss, w)) for w in (zero, start, end))
    return {
        "power": math.log10(far / near),
        "copy": float((loss(copy) - loss(end)) / loss(end).clamp(min=1)),
        "half_way": half[1] / quarter[1],
        "slope_at_0": float(torch.func.grad(loss)(zero).norm()),
        "lowest_at_0": float(at_zero[0]),
        "downhill_at_0": int((at_zero < -1e-9).sum()),
        "angle": float(angle(-recorded.gradients[0], end - start)),
        "ridge": half[0] - float(loss(end)),
        "between": float(loss((end + other) / 2) - torch.max(loss(end), loss(other))),
        "down_before": share(before < -before.max() / 100),
        "down_after": share(after < -after.max() / 100),
        "flat_after": share(after.abs() < after.max() / 100),
    }


def check(run: Run[L.LightningModule]) -> None:
    """Refuse a config of which these laws do not speak."""
    require_plain_trainer(run)
    require_precision(run, "64-true")
    if is_network(run):
        check_network(run)
    elif isinstance(run.model, Minimizer) and isinstance(run.model.surface, Quadratic):
        check_bowl(run)
    else:
        choices = "zoo.training.Regressor, or zoo.training.Minimizer with zoo.models.Quadratic"
        raise InputError(f"model is {type(run.model).__name__} in {run.variant}; choose {choices}")


def check_network(run: Run[L.LightningModule]) -> None:
    """One hidden layer of tanh, few enough weights for a Hessian, and steps that leave them finite."""
    require_optimizer(run, "SGD", known=("momentum", "dampening", "nesterov"))
    name, rate, network, data = run.variant, run.optimizer["lr"], run.model.network, run.datamodule
    if not 0 < rate <= 0.1:
        raise InputError(
            f"lr is {rate} in {name}; choose one above 0, and at most 0.1 so that weights stay finite"
        )
    if not isinstance(data, Diabetes):
        raise InputError(f"data is {type(data).__name__} in {name}; choose zoo.data.Diabetes")
    if not isinstance(network, MLP) or any(getattr(network, key) != value for key, value in FORM.items()):
        raise InputError(f"the network of {name} is not what these laws speak of: zoo.models.MLP with {FORM}")
    if not 2 <= network.width <= 32:
        raise InputError(
            f"model.network.width is {network.width} in {name}; choose 2 to 32, to have a Hessian soon"
        )


def check_bowl(run: Run[L.LightningModule]) -> None:
    """A point in a bowl, off its bottom."""
    surface = run.model.surface
    if run.model.noise_std or len(surface.point) > 1 or not (surface.curvatures > 0).all():
        raise InputError(f"{run.variant} is no bowl; it needs curvatures above 0, copies 1 and noise_std 0")
    sizes = [*surface.curvatures.tolist(), float(surface.point.detach().norm())]
    if not 1e-6 <= min(sizes) <= max(sizes) <= 1e6:
        raise InputError(
            f"curvatures and the start's distance are {sizes} in {run.variant}; choose 1e-6 to 1e6"
        )


def is_network(run: Run[L.LightningModule]) -> bool:
    """Whether the run is that of a network; else it is that of a point."""
    return isinstance(run.model, Regressor)


def is_as_seen(run: Run[L.LightningModule]) -> bool:
    """Whether the run is of the kind in which all was seen that is claimed without a derivation."""
    network, rate, data = run.model.network, sgd_rate(run), run.config.data.init_args
    usual = network.initialization == "default" and data.standardize and rate is not None
    small = 8 <= network.width <= 12 and 30 <= len(run.datamodule.x) <= 60
    return usual and small and 0.499 < rate < 1.001 and 300 <= run.steps <= 500


def landscape(run: Run[L.LightningModule]) -> curvature.Loss:
    """L as a function of the weights, on all of the run's data."""
    x, y = run.datamodule.x.double(), run.datamodule.y.double()
    return curvature.loss_of_weights(run.model.network, x, lambda p: mse(p, y))


def mirrored(run: Run[L.LightningModule], w: Tensor) -> Tensor:
    """The weights with the hidden units in reverse order, which is the same function of x."""
    units = run.model.network.width
    incoming, bias, outgoing, rest = w.split([len(w) - 2 * units - 1, units, units, 1])
    return torch.cat([incoming.reshape(units, -1).flip(0).flatten(), bias.flip(0), outgoing.flip(0), rest])


def angle(u: Tensor, v: Tensor) -> Tensor:
    """∠(u, v) in degrees along the last axis, by Kahan's formula, to which small angles are no trouble."""
    u, v = (each / each.norm(dim=-1, keepdim=True) for each in (u, v))
    return torch.rad2deg(2 * torch.atan2((u - v).norm(dim=-1), (u + v).norm(dim=-1)))


def share(flags: Tensor) -> float:
    """The share of them that is true."""
    return float(flags.double().mean())


def draw(runs: Runs) -> Figure:
    """The plane of an end of training and its copy, straight lines from that end, and the curvatures."""
    titles = ("the plane of an end, its copy, and w = 0", "L on straight lines from an end", "all curvatures")
    figure, (left, middle, right) = panels(*titles)
    loss, data, path = landscape(runs[0]), runs[0].datamodule, runs[0].callback(ParameterTrajectory).points
    copy, other = mirrored(runs[0], path[-1]), runs[-1].callback(ParameterTrajectory).points[-1]
    draw_plane(left, loss, path, copy)
    draw_lines(middle, loss, path[-1], {"its copy": copy, f"the end of seed {runs[-1].seed}": other})
    draw_curvatures(right, loss, {"w = 0": 0 * copy, "start": path[0], "end": path[-1]})
    for sign in (-1, 1):
        right.axhline(sign * curvature.curvature_at_zero(data.x, data.y), color="0.5", linewidth=1, zorder=0)
    return figure


def draw_plane(axes: Axes, loss: curvature.Loss, path: Tensor, copy: Tensor) -> None:
    """Height lines over the plane of w = 0, an end and its copy; training's way, seen from above."""
    sides = torch.stack([path[-1] - copy, path[-1] + copy])
    sides = sides / sides.norm(dim=1, keepdim=True)
    x, y = (torch.linspace(-1.4, 1.4, 71, dtype=torch.float64) * reach for reach in sides @ path[-1])
    heights = torch.func.vmap(loss, chunk_size=1000)(torch.cartesian_prod(x, y) @ sides).reshape(71, 71)
    lines = axes.contour(x, y, heights.T.log10(), levels=16, cmap="viridis", linewidths=0.8)
    axes.figure.colorbar(lines, ax=axes, label="log₁₀ L")
    way = path @ sides.T
    axes.plot(*way.T, color="#D55E00", linewidth=1.5, label="way of training")
    axes.plot(-way[:, 0], way[:, 1], color="#D55E00", linewidth=1.5, linestyle=":", label="the copy's")
    axes.plot([0], [0], linestyle="", marker="s", color="black", label="w = 0: no slope, no minimum")
    axes.set(xlabel="along end − copy", ylabel="along end + copy")
    axes.legend(fontsize="small", loc="lower left")


def draw_lines(axes: Axes, loss: curvature.Loss, end: Tensor, others: dict[str, Tensor]) -> None:
    """L from an end of training to others, and the parabola of its slope and curvature at the end."""
    s = torch.linspace(0, 1, 26, dtype=torch.float64)
    for style, (name, other) in zip(styles(), others.items(), strict=False):
        heights = torch.func.vmap(loss)(end + s[:, None] * (other - end))
        height, slope, second = curvature.derivatives_along(loss, end, other - end, order=2)
        parabola = height + s * slope + s**2 * second / 2
        compare(axes, f"to {name}", style, list(zip(s.tolist(), heights.tolist(), strict=True)))
        axes.plot(
            s, parabola.where(parabola < 2 * heights.max(), math.nan), color=style["color"], linewidth=1
        )
    axes.set(xlabel="share s of the way", ylabel="L")
    axes.legend(title="line: slope and curvature at s = 0", fontsize="small", title_fontsize="small")


def draw_curvatures(axes: Axes, loss: curvature.Loss, points: dict[str, Tensor]) -> None:
    """The eigenvalues of the Hessian in order."""
    for style, (name, w) in zip(styles(), points.items(), strict=False):
        eigenvalues = torch.linalg.eigvalsh(curvature.hessian(loss, w)).tolist()
        axes.plot(eigenvalues, linestyle="", markerfacecolor="none", markersize=4, label=name, **style)
    axes.set(xlabel="eigenvalue of H, in order", ylabel="curvature λ", yscale="symlog")
    axes.legend(title="lines: ±2‖mean y x‖, for w = 0", fontsize="small", title_fontsize="small")


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
