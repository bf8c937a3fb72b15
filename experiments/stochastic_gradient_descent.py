"""What is gained, and what lost, by a step that looks at a few samples instead of all?

Law: whatever the batch, a step multiplies the mean error by 1 − ηλ. But weights hover, where noise that comes
is as much as noise that is forgotten: Var w = ηs²/(Bλ(2 − ηλ)), and less at the ends of shuffled passes.

Each of many weights w learns the mean w* of N numbers a of its own, by the mean of the losses ½λ(w − a)².
Here λ is the curvature, η the learning rate, and s² the variance of one sample's gradient, λ(w − a). Where
full-batch descent takes one step, batches of B take N/B, each as good on average: that is faster. (Here a
full batch could afford η = 1/λ and be there at once. Where curvatures differ, the steepest of them forbids
it.)

It is also noisier, for ever. A step forgets a share of about 2ηλ of the noise in w, and brings η²s²/B of its
own. In balance, half of η or twice B leave half of the variance. DataLoader(shuffle=True) does better: within
a pass no sample comes twice, and what one pulls too far, the others pull back; for small η the floor falls
with η³. But at no constant η do weights arrive.

All this is exact for 0 < ηλ < 2 where the loss is a parabola and its noise the same everywhere. A network's
is like that near a minimum at best.

    python experiments/stochastic_gradient_descent.py

In TensorBoard, open Images: one weight's way, the error pass by pass, and where weights hover for any η.
weights/std is the noise: of full_batch it is 0, of all others it rises and stays.
Try  --only mini_batch,with_replacement --data.batch_size 16  (with replacement a quarter of the noise is
left; shuffled, a 54th),  or  --only mini_batch --data.batch_size 1 --trainer.max_epochs 4  (it arrives within
a pass, and stays fifteen times as noisy).
"""

import math
from dataclasses import replace
from statistics import fmean
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from zoo.cli import ExperimentCLI
from zoo.conditions import require_optimizer, require_plain_trainer, require_precision
from zoo.data import Columns
from zoo.diagnostics import GradientNormMonitor
from zoo.errors import InputError
from zoo.figures import compare, legend, panels, styles
from zoo.report import Report
from zoo.run import Run
from zoo.theory import sampling
from zoo.theory.rounding import UNIT
from zoo.training import MeanEstimator
from zoo.verdict import Prediction, Quantity


def main(args: list[str] | None = None) -> Report:
    """Predict, train, measure, judge."""
    cli = ExperimentCLI(__file__, MeanEstimator, args, {"gradient_norms": GradientNormMonitor})
    cli.announce(p for run in cli.runs for p in predict(run))
    cli.fit()
    return cli.report({run.variant: measure(run) for run in cli.runs}, {"noise": draw(cli.runs)})


def predict(run: Run[MeanEstimator]) -> list[Prediction]:
    """How much of the error one pass leaves, and where weights hover after many."""
    check(run)
    return predict_error(run) + predict_spread(run)


def predict_error(run: Run[MeanEstimator]) -> list[Prediction]:
    """(1 − ηλ)^n of the start is left after the n batches of a pass, on average."""
    walk, start, columns = walk_of(run), run.model.start, len(run.model.weight)
    if not start or run.steps < walk.batches:
        return []
    claim = f"η = {walk.rate:g}, {how(run)}: mean error after one pass, (1 − ηλ)^{walk.batches} w_0"
    value = start * sampling.error_left(walk.batches, walk)
    error = 4 * math.sqrt(sampling.spread(walk.batches, walk) / columns)
    slack = {
        "atol": error + rounding_of(run),
        "because": f"four standard errors over {columns:,} weights, and rounding",
    }
    return [Prediction(f"{run.variant}.first_pass", claim, value, "elementary", **slack)]


def predict_spread(run: Run[MeanEstimator]) -> list[Prediction]:
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
    slack = {"atol": error * floor + rounding_of(run) ** 2, "because": because}
    source = "elementary" if walk.replacement else "derived; Gürbüzbalaban et al. 2021"
    return [Prediction(f"{run.variant}.spread", claim, value, source, **slack)]


def measure(run: Run[MeanEstimator]) -> dict[str, Quantity]:
    """The same of all weights, as they were recorded at every step."""
    means, variances = run.model.means, run.model.variances
    return {
        "first_pass": means[min(walk_of(run).batches, len(means) - 1)],
        "spread": fmean([variances[k] for k in times_of(run)] or [math.nan]),
    }


def walk_of(run: Run[MeanEstimator]) -> sampling.Walk:
    """The run as theory sees it. The data's variance is 1, and that of a sample's gradient λ(w − a) is λ²."""
    curvature, data, samples = run.model.curvature, run.datamodule, len(run.datamodule.x)
    batch, replacement = min(data.batch_size, samples), data.order == "replacement"
    return sampling.Walk(samples, batch, run.optimizer["lr"], curvature, curvature**2, replacement)


def times_of(run: Run[MeanEstimator]) -> range:
    """The steps at which the spread counts: in the last three quarters all, or ends of shuffled passes."""
    walk = walk_of(run)
    every = 1 if walk.replacement else walk.batches
    first = int(run.steps) // every // 4 + 1
    return range(every * first, int(run.steps) + 1, every)


def rounding_of(run: Run[MeanEstimator]) -> float:
    """How far rounding may carry a weight: every step sums up samples, and the start."""
    return 8 * len(run.datamodule.x) * run.steps * UNIT * (1 + abs(run.model.start))


def how(run: Run[MeanEstimator]) -> str:
    """How a step's batch is drawn, in a few words."""
    walk = walk_of(run)
    if walk.replacement:
        return f"B = {walk.batch} with replacement"
    return "all samples" if walk.batches == 1 else f"B = {walk.batch} shuffled"


def check(run: Run[MeanEstimator]) -> None:
    """Refuse a config of which these laws do not speak."""
    require_plain_trainer(run)
    require_precision(run, "64-true")
    require_optimizer(run, "SGD")
    model, data, cut = run.model, run.datamodule, run.trainer.limit_train_batches
    if not isinstance(data, Columns):
        raise InputError(f"data is {type(data).__name__} in {run.variant}; choose zoo.data.Columns")
    weights, columns, samples, size = len(model.weight), data.x.shape[1], len(data.x), data.batch_size
    wrong = {
        f"model.columns is {weights} and data.columns {columns}; make them equal": weights != columns,
        f"model.start is {model.start:g}; choose one within ±1e6": abs(model.start) > 1e6,
        f"model.curvature is {model.curvature:g}; choose 1e-6 to 1e6": not 1e-6 <= model.curvature <= 1e6,
        f"trainer.limit_train_batches is {cut}; choose 1.0, whole passes": cut != 1.0,
        "data.order is fixed; choose shuffled or replacement": data.order == "fixed",
        f"data.batch_size is {size}; choose a divisor of {samples}": data.order == "replacement"
        and len(set(data.sizes)) > 1,
    }
    for sentence, is_so in wrong.items():
        if is_so:
            raise InputError(f"in {run.variant}, {sentence}")


def draw(runs: list[Run[MeanEstimator]]) -> Figure:
    """One weight's way, the error of all weights, and where they hover against η."""
    titles = "one weight", "all weights, root mean square", "where weights hover"
    figure, (left, middle, right) = panels(*titles, width=5, height=5)
    style = dict(zip(dict.fromkeys(map(how, runs)), styles(), strict=False))
    for run in (run for run in runs if run.model.start):
        walk, start = walk_of(run), run.model.start
        passes = [k / walk.batches for k in range(len(run.model.means))]
        squares = [
            mean**2 + spread for mean, spread in zip(run.model.means, run.model.variances, strict=True)
        ]
        known = [
            (start * sampling.error_left(k, walk)) ** 2 + sampling.spread(k, walk) for k in range(len(passes))
        ]
        series = [list(zip(passes, map(math.sqrt, found), strict=True)) for found in (squares, known)]
        left.plot(passes, run.model.first, linewidth=1, color=style[how(run)]["color"])
        compare(middle, f"{run.variant}: {how(run)}", style[how(run)], *series)
    draw_floors(right, [run for run in runs if times_of(run) and how(run) != "all samples"], style)
    left.axhline(0, color="0.7", linewidth=0.7)
    left.set(xlabel="passes over the data", ylabel="error w − w*")
    middle.set(xlabel="passes over the data", ylabel="error √⟨(w − w*)²⟩", yscale="log")
    right.set(xlabel="learning rate η", ylabel="Var w (shuffled: ends of passes)", xscale="log", yscale="log")
    strays = "All weights share their batches, and stray together"
    legend(figure, middle, f"markers: measured; lines: predicted (left: measured). {strays}.")
    return figure


def draw_floors(axes: Axes, runs: list[Run[MeanEstimator]], style: dict[str, Any]) -> None:
    """Var w of each run, on the curve of runs that draw their batches alike."""
    for kind in dict.fromkeys(map(how, runs)):
        alike = [run for run in runs if how(run) == kind]
        walk = walk_of(alike[0])
        rates = [10 ** (tenth / 10) / walk.curvature for tenth in range(-16, 3)]
        predicted = [(rate, sampling.spread_floor(replace(walk, rate=rate))) for rate in rates]
        measured = [(walk_of(run).rate, measure(run)["spread"]) for run in alike]
        compare(axes, kind, style[kind], measured, predicted)
    if runs:
        axes.legend(fontsize="small")


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
