"""What is gained, and what lost, by a step that looks at a few samples instead of all?

Law: the gradient of B samples is right on average, with variance s²/B, or (s²/B)(N − B)/(N − 1) if none of N
comes twice. So the mean error shrinks by 1 − ηλ every *batch*; but weights hover, where noise that comes is
as much as noise that is forgotten: Var w = ηs²/(Bλ(2 − ηλ)), and less at the ends of shuffled passes.

Here η is the learning rate, λ the curvature, s² the variance of one sample's gradient. Where full-batch
descent looks at all N samples for one step, mini-batches take N/B steps. At the same η each is as good on
average: that is faster. (Here all curvatures are alike, and a full batch could afford η = 1/λ and be there
at once. Where they differ, the steepest of them forbids it.) It is noisier for ever: unless η falls, weights
do not come to rest. DataLoader(shuffle=True) has them hover lower, since within a pass no sample comes twice:
what one pulls too far, the others pull back. Batches whose gradients are added up before the step have no
noise at all; but a shorter last one counts for more than it holds.

    python experiments/stochastic_gradient_descent.py

In TensorBoard, open Images: one weight's way, the error pass by pass, and where weights hover for any η.
weights/std is the noise: of full_batch it is 0, of all others it rises and stays.
Try  --only mini_batch,with_replacement --data.batch_size 16  (with replacement a quarter of the noise is
left; shuffled, a 54th),  or  --only mini_batch --data.batch_size 1 --trainer.max_epochs 4  (it arrives within
a pass, and stays fifteen times as noisy).
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import combinations, product
from statistics import fmean
from typing import Any

import lightning as L
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor
from torch.func import functional_call, grad, vmap

from zoo.calculus.losses import mse
from zoo.cli import ExperimentCLI
from zoo.conditions import either, require_optimizer, require_plain_trainer, require_precision
from zoo.data import Columns, Diabetes
from zoo.diagnostics import GradientNormMonitor
from zoo.errors import InputError
from zoo.figures import compare, legend, panels, styles
from zoo.models import MLP
from zoo.report import Report
from zoo.run import Run
from zoo.theory import sampling
from zoo.theory.rounding import UNIT
from zoo.training import MeanEstimator, Regressor
from zoo.verdict import Prediction, Quantity

BATCH = 4  # B, where every batch there is is looked at


def main(args: list[str] | None = None) -> Report:
    """Predict, train, measure, judge."""
    cli = ExperimentCLI(__file__, L.LightningModule, args, {"gradient_norms": GradientNormMonitor})
    cli.announce(p for run in cli.runs for p in predict(run))
    cli.fit()
    return cli.report({run.variant: measure(run) for run in cli.runs}, {"noise": draw(cli.runs)})


def predict(run: Run[Any]) -> list[Prediction]:
    """What batches do to a network's gradient, or to weights that each learn a mean."""
    check(run)
    if isinstance(run.model, Regressor):
        return predict_every_batch(run)
    if not adds_up(run):
        return predict_error(run) + predict_spread(run)
    return predict_bias(run) if unequal(run) else predict_error(run)


def predict_every_batch(run: Run[Any]) -> list[Prediction]:
    """Mean and variance over all batches of four, from the gradients of single samples."""
    samples = len(run.datamodule.x)
    different, draws = math.comb(samples, BATCH), samples**BATCH
    variance = total_variance(batch_gradients(run, [[n] for n in range(samples)]))
    shuffled = sampling.gradient_variance(variance, samples, BATCH)
    replaced = sampling.gradient_variance(variance, samples, BATCH, replacement=True)
    rounding = (draws + 1000) * UNIT
    because = f"sums of up to {draws:,} gradients, of some hundred terms each"
    error = {"atol": rounding, "rtol": rounding, "because": because}
    claims = {
        "mean": (f"mean gradient of all {different:,} batches of {BATCH}, off that of all {samples}", 0.0),
        "different": ("variance of these gradients: (s²/B)(N − B)/(N − 1)", shuffled),
        "replacement": (f"variance of all {draws:,} with replacement: s²/B", replaced),
    }
    return [
        Prediction(f"{run.variant}.{quantity}", claim, value, "Cochran 1977", **error)
        for quantity, (claim, value) in claims.items()
    ]


def predict_error(run: Run[Any]) -> list[Prediction]:
    """(1 − ηλ)^k of the start is left: on average; exactly, where every step has seen all samples."""
    start, walk, steps, a_pass = run.model.start, walk_of(run), int(run.steps), steps_a_pass(run)
    if not start or steps < a_pass:
        return []
    columns, ends = len(run.model.weight), {"first_pass": a_pass}
    error = 4 * math.sqrt(sampling.spread(a_pass, walk) / columns)
    because = f"four standard errors over {columns:,} weights, and rounding"
    if adds_up(run):
        ends |= {"last_pass": steps} if steps > 1 else {}
        error, because = 0.0, f"rounding, in sums of {walk.samples} terms"
    error += 8 * walk.samples * steps * UNIT * (1 + abs(start))
    found = []
    for quantity, k in ends.items():
        claim = f"η = {walk.rate:g}, {how(run)}: mean error after pass {k // a_pass}, (1 − ηλ)^{k} w_0"
        value = start * sampling.error_left(k, walk)
        slack = {"atol": error, "because": because}
        found.append(Prediction(f"{run.variant}.{quantity}", claim, value, "elementary", **slack))
    return found


def predict_spread(run: Run[Any]) -> list[Prediction]:
    """Var w where weights hover, if there are enough of them, for long enough, to tell it to a third."""
    walk, times, columns = walk_of(run), times_of(run), len(run.model.weight)
    drawn = sampling.order_error(len(times), walk) if times else math.inf
    error = 4 * math.hypot(math.sqrt(2 / columns), drawn)
    if error > 1 / 3:
        return []
    value, floor = fmean(sampling.spread(k, walk) for k in times), sampling.spread_floor(walk)
    share = floor / sampling.spread_floor(replace(walk, replacement=True))
    where = "" if walk.replacement else f" at ends of passes, {100 * share:.2g} % of with replacement"
    claim = f"η = {walk.rate:g}, {how(run)}: Var w{where}"
    because = f"four standard errors over {columns:,} weights and the batches drawn"
    source = "elementary" if walk.replacement else "derived; Gürbüzbalaban et al. 2021"
    return [Prediction(f"{run.variant}.spread", claim, value, source, atol=error * floor, because=because)]


def predict_bias(run: Run[Any]) -> list[Prediction]:
    """How far the mean of unequal batches' means is from the mean of all samples."""
    data, columns = run.datamodule, len(run.model.weight)
    weights = sampling.batch_mean_weights(len(data.x), data.batch_size)
    arrived = 1 - sampling.error_left(int(run.steps), walk_of(run))
    value = arrived * math.sqrt(sampling.order_variance(weights, 1.0))
    claim = f"{how(run)} of {len(data.x)}: how far off the mean of all (rms)"
    error = {"rtol": 2 * math.sqrt(2 / columns), "because": f"four standard errors over {columns:,} weights"}
    return [Prediction(f"{run.variant}.bias", claim, value, "derived", **error)]


def measure(run: Run[Any]) -> dict[str, Quantity]:
    """The same quantities: of all batches, or of all weights as they were recorded."""
    if isinstance(run.model, Regressor):
        return measure_every_batch(run)
    means, variances = run.model.means, run.model.variances
    return {
        "first_pass": means[min(steps_a_pass(run), len(means) - 1)],
        "last_pass": means[-1],
        "spread": fmean([variances[k] for k in times_of(run)] or [math.nan]),
        "bias": math.sqrt(variances[-1]),
    }


def measure_every_batch(run: Run[Any]) -> dict[str, Quantity]:
    """By autograd, of every batch of four different patients, and of every way to draw four."""
    patients = range(len(run.datamodule.x))
    (whole,) = batch_gradients(run, [patients])
    different = batch_gradients(run, combinations(patients, BATCH))
    return {
        "mean": float((different.mean(dim=0) - whole).norm() / whole.norm()),
        "different": total_variance(different),
        "replacement": total_variance(batch_gradients(run, product(patients, repeat=BATCH))),
    }


def batch_gradients(run: Run[Any], batches: Iterable[Sequence[int]]) -> Tensor:
    """∂L/∂θ of each batch, all parameters in a row: (batches, P)."""
    network, x, y = run.model.network, run.datamodule.x.double(), run.datamodule.y.double()

    def loss(parameters: dict[str, Tensor], rows: Tensor) -> Tensor:
        return mse(functional_call(network, parameters, (x[rows],)), y[rows])

    parameters = {name: p.detach().double() for name, p in network.named_parameters()}
    gradients = vmap(grad(loss), in_dims=(None, 0))(parameters, torch.tensor(list(batches)))
    return torch.cat([g.flatten(1) for g in gradients.values()], dim=1)


def total_variance(gradients: Tensor) -> float:
    """The mean of ‖g − ḡ‖²: the variances of all parameters, summed."""
    return float(((gradients - gradients.mean(dim=0)) ** 2).sum(dim=1).mean())


def walk_of(run: Run[Any]) -> sampling.Walk:
    """The run as theory sees it. One sample's gradient λ(w − a) has variance λ²; batches added up are one."""
    model, data, samples = run.model, run.datamodule, len(run.datamodule.x)
    batch = samples if adds_up(run) else min(data.batch_size, samples)
    replacement = data.order == "replacement"
    return sampling.Walk(
        samples, batch, run.optimizer["lr"], model.curvature, model.curvature**2, replacement
    )


def steps_a_pass(run: Run[Any]) -> int:
    """n, the number of batches; 1 where they are added up."""
    return len(run.datamodule.sizes) // accumulated(run)


def accumulated(run: Run[Any]) -> int:
    """How many batches are added up before a step."""
    return int(run.trainer.accumulate_grad_batches)


def adds_up(run: Run[Any]) -> bool:
    """Whether every step has seen each sample once."""
    return steps_a_pass(run) == 1 and run.datamodule.order != "replacement"


def unequal(run: Run[Any]) -> bool:
    """Whether the last batch of a pass is shorter than the others."""
    return len(set(run.datamodule.sizes)) > 1


def how(run: Run[Any]) -> str:
    """How a step's batch is drawn, in a few words."""
    data = run.datamodule
    if accumulated(run) > 1:
        return f"{accumulated(run)} batches of {data.batch_size} added up"
    if adds_up(run):
        return "all samples"
    return f"B = {data.batch_size} {'with replacement' if data.order == 'replacement' else data.order}"


def times_of(run: Run[Any]) -> range:
    """The steps at which the spread counts: in the last three quarters all, or ends of shuffled passes."""
    every = 1 if run.datamodule.order == "replacement" else steps_a_pass(run)
    first = int(run.steps) // every // 4 + 1
    return range(every * first, int(run.steps) + 1, every)


def check(run: Run[Any]) -> None:
    """Refuse a config of which these laws do not speak."""
    require_plain_trainer(run, "accumulate_grad_batches")
    require_precision(run, "64-true")
    require_optimizer(run, "SGD")
    model, data = run.model, run.datamodule
    if isinstance(model, Regressor) and isinstance(data, Diabetes):
        wrong = wrong_with_network(run)
    elif isinstance(model, MeanEstimator) and isinstance(data, Columns):
        wrong = wrong_with_walk(run)
    else:
        pairs = "MeanEstimator on Columns and of Regressor on Diabetes"
        wrong = {f"{type(model).__name__} is on {type(data).__name__}; these laws speak of {pairs}": True}
    for sentence, is_so in wrong.items():
        if is_so:
            raise InputError(f"in {run.variant}, {sentence}")


def wrong_with_walk(run: Run[Any]) -> dict[str, bool]:
    """Weights that do not fit the columns, numbers that rounding shows in, batches that no law is about."""
    model, data, added, cut = run.model, run.datamodule, accumulated(run), run.trainer.limit_train_batches
    weights, columns, whole = len(model.weight), data.x.shape[1], len(data.sizes)
    known = {"shuffled": (1, whole), "replacement": (1,), "fixed": (whole,)}[data.order]
    equal = data.order == "replacement" or (data.order == "shuffled" and added > 1)
    choices = f"with data.order {data.order} choose {either(tuple(map(str, known)))}"
    return {
        f"model.columns is {weights} and data.columns {columns}; make them equal": weights != columns,
        f"model.start is {model.start:g}; choose one within ±1e6": abs(model.start) > 1e6,
        f"model.curvature is {model.curvature:g}; choose 1e-6 to 1e6": not 1e-6 <= model.curvature <= 1e6,
        f"trainer.limit_train_batches is {cut}; choose 1.0, whole passes": cut != 1.0,
        f"trainer.accumulate_grad_batches is {added}; {choices}": added not in known,
        f"data.batch_size is {data.batch_size}; choose a divisor of {len(data.x)}": equal and unequal(run),
    }


def wrong_with_network(run: Run[Any]) -> dict[str, bool]:
    """A network that is trained, that is no MLP, or that has too many batches to look at all of them."""
    rate, network, samples = run.optimizer["lr"], run.model.network, len(run.datamodule.x)
    fits = isinstance(network, MLP) and (network.in_features, network.out_features) == (10, 1)
    return {
        f"model.optimizer.lr is {rate}; choose 0, for batches at the weights of the start": rate > 0,
        f"the network is {type(network).__name__}; choose zoo.models.MLP, from 10 in_features to 1": not fits,
        f"data.samples is {samples}; choose 11 to 17, to look at every batch": samples > 17,
    }


def draw(runs: list[Run[Any]]) -> Figure:
    """One weight's way, the error of all weights, and where they hover against η."""
    titles = "one weight", "all weights, root mean square", "where weights hover"
    figure, (left, middle, right) = panels(*titles, width=5, height=5)
    walks = [run for run in runs if isinstance(run.model, MeanEstimator) and run.steps > 1]
    style = dict(zip(dict.fromkeys(how(run) for run in walks), styles(), strict=False))
    started = [run for run in walks if run.model.start]
    for run in started:
        moments = zip(run.model.means, run.model.variances, strict=True)
        measured = [math.hypot(mean, math.sqrt(variance)) for mean, variance in moments]
        passes = [k / steps_a_pass(run) for k in range(len(measured))]
        left.plot(passes, run.model.first, linewidth=1, color=style[how(run)]["color"])
        series = (list(zip(passes, error, strict=True)) for error in (measured, predicted_errors(run)))
        compare(middle, f"{run.variant}: {how(run)}", style[how(run)], *series)
    draw_floors(right, [run for run in walks if not adds_up(run) and times_of(run)], style)
    shortest = min((run.steps / steps_a_pass(run) for run in started), default=1)
    left.axhline(0, color="0.7", linewidth=0.7)
    left.set(xlabel="passes over the data", ylabel="error w − w*", xlim=(0, shortest))
    middle.set(xlabel="passes over the data", ylabel="error √⟨(w − w*)²⟩", yscale="log")
    right.set(xlabel="learning rate η", ylabel="Var w (shuffled: ends of passes)", xscale="log", yscale="log")
    strays = "All weights share their batches, and stray together"
    legend(figure, middle, f"markers: measured; lines: predicted (left: measured). {strays}.")
    return figure


def draw_floors(axes: Axes, runs: list[Run[Any]], style: dict[str, Any]) -> None:
    """Var w of each run, on the curve of runs that draw their batches alike."""
    kinds = defaultdict(list)
    for run in runs:
        kinds[how(run)].append(run)
    for kind, alike in kinds.items():
        walk = walk_of(alike[0])
        rates = [10 ** (tenth / 10) / walk.curvature for tenth in range(-16, 3)]
        predicted = [(rate, sampling.spread_floor(replace(walk, rate=rate))) for rate in rates]
        measured = [(walk_of(run).rate, measure(run)["spread"]) for run in alike]
        compare(axes, kind, style[kind], measured, predicted)
    if runs:
        axes.legend(fontsize="small")


def predicted_errors(run: Run[Any]) -> list[float]:
    """√E w², before every step and after the last."""
    walk, start = walk_of(run), run.model.start
    return [
        math.hypot(start * sampling.error_left(k, walk), math.sqrt(sampling.spread(k, walk)))
        for k in range(int(run.steps) + 1)
    ]


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
