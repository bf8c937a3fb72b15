"""What does an activation's derivative do to a network, before and after training?

Law: a layer passes on the share σ_w² E[φ'(√q z)²] of the squared gradient, z ~ N(0, 1); for the sigmoid,
whose slope is ¼ at most, that is the least.

Seven activations, drawn with their derivatives. At initialization their slopes, averaged over the Gaussian
preactivations of a wide layer, say how much gradient reaches the first layer, and which share of the slopes
is flat (below 5 % of the largest: saturated, or off). A few epochs later, the activation that passed on the
most has learned and the one that passed on the least has not. Accuracies are means over seeds, with their
spread: one lucky run says nothing.

    python experiments/activations.py

In TensorBoard, open Images for the functions and their derivatives, and accuracy/validation in Scalars.
Try  --model.network.depth 6  (more of them stop learning, those with the least gain first).
"""

import math
from collections.abc import Iterator
from statistics import mean

import torch
from matplotlib.figure import Figure
from rich.table import Table
from torch import Tensor

from zoo.calculus.activations import slope
from zoo.cli import ExperimentCLI
from zoo.conditions import require_signals
from zoo.diagnostics import GradientNormMonitor
from zoo.figures import legend, panels, styles
from zoo.profiles import SPREAD, log10_signal_left, ratio_tolerance, run_profile
from zoo.report import Report
from zoo.run import Run
from zoo.seen import SOURCE, Seen
from zoo.theory import mean_field, slopes
from zoo.training import Classifier
from zoo.verdict import Prediction, Quantity

Runs = list[Run[Classifier]]  # the repeats of one variant
FLAT = 0.05  # a slope below this share of the largest one passes nothing on
LEADS = Seen(rates=(0.2, 1.0), steps=(44, 110), batch=(64, 64))


def main(args: list[str] | None = None) -> Report:
    """Predict, train, measure, judge."""
    cli = ExperimentCLI(__file__, Classifier, args, {"gradient_norms": GradientNormMonitor})
    cli.announce(p for predictions in predict_all(cli.variants) for p in predictions)
    before = {name: [flat_slopes(run) for run in runs] for name, runs in cli.variants.items()}
    cli.fit()
    measured = {name: measure(runs, before[name]) for name, runs in cli.variants.items()}
    measured["all"] = measured.get("all", {}) | {"lead": measured_lead(cli.variants)}
    return cli.report(measured, {"activations": draw(cli.variants)}, [accuracies(cli.variants, before)])


def predict_all(variants: dict[str, Runs]) -> Iterator[list[Prediction]]:
    """Every activation by itself, then two of them against each other."""
    for runs in variants.values():
        yield predict(runs)
    yield predict_lead(variants)


def predict(runs: Runs) -> list[Prediction]:
    """The steepest and the least slope, the gain and the share of flat slopes of one activation."""
    run, network = runs[0], require_signals(runs[0])
    name, activation, theory = run.variant, network.activation, run_profile(runs[0])
    grid = {"atol": 1e-7, "because": "the grid may miss an extreme by half of its spacing, 5e-4"}
    decades = ratio_tolerance(network, run.datamodule, theory, len(runs))
    found = [
        Prediction(f"{name}.steepest", "largest φ'(x)", slopes.steepest(activation)[1], "elementary", **grid),
        Prediction(f"{name}.least", "least φ'(x)", slopes.least(activation)[1], "elementary", **grid),
        Prediction(
            f"{name}.gain",
            "backward gain of a layer, √χ: ‖δ_l‖/‖δ_{l+1}‖",
            per_layer(run, log10_signal_left(run, theory)),
            "Schoenholz et al. 2017",
            rtol=per_layer(run, decades) - 1,
            because=SPREAD,
        ),
    ]
    q, units = theory.preactivation_variances[0], network.width * len(runs)
    flat = mean_field.saturated_share(activation, q, FLAT)
    if flat > 0.02:  # else a sample of units does not tell it from 0
        claim = f"share of slopes in layer 1 below {FLAT:.0%} of the steepest"
        error = 2.5 * (flat * (1 - flat) / units) ** 0.5
        because = f"four standard errors over {units} units: seen, 0.6 of a coin's, for each has many samples"
        found.append(
            Prediction(f"{name}.flat", claim, flat, "Poole et al. 2016", atol=error, because=because)
        )
    return found


def predict_lead(variants: dict[str, Runs]) -> list[Prediction]:
    """How far the activation that passes on the most is ahead of the one that passes on the least.

    Where the one passes on more than a tenth and the other less than a thirtieth; with more steps the weak
    one learns too.
    """
    passed_on = log10_ratios(variants)
    if min(passed_on.values()) > -1.5 or not -1 < max(passed_on.values()) < 0.5:
        return []
    if not all(LEADS.covers(run) and validates_at_the_end(run) for runs in variants.values() for run in runs):
        return []
    claim = f"accuracy of {strongest(variants)} minus that of {weakest(variants)}: most and least gradient"
    return [Prediction("all.lead", claim, 0.5, SOURCE, "≥")]


def validates_at_the_end(run: Run[Classifier]) -> bool:
    """Whether there is an accuracy of the trained network."""
    trainer = run.trainer
    if not trainer.limit_val_batches or trainer.max_steps != -1 or not trainer.check_val_every_n_epoch:
        return False
    return trainer.max_epochs % trainer.check_val_every_n_epoch == 0


def measure(runs: Runs, flat_before: list[Tensor]) -> dict[str, Quantity]:
    """The same from autograd on the network's own φ, the first step's norms, and the slopes before."""
    grid = torch.linspace(-40, 40, 160_001, dtype=torch.float64, requires_grad=True)
    (slopes_seen,) = torch.autograd.grad(runs[0].model.network.phi(grid).sum(), grid)
    width = runs[0].model.network.width
    return {
        "steepest": float(slopes_seen.max()),
        "least": float(slopes_seen.min()),
        "gain": per_layer(runs[0], mean(signal(run) for run in runs)),
        "flat": mean(share(flat[:, :width]) for flat in flat_before),
    }


def log10_ratios(variants: dict[str, Runs]) -> dict[str, float]:
    """Variant → log10 ‖δ_1‖/‖δ_L‖ as predicted."""
    return {name: mean_field.log10_signal_ratio(run_profile(runs[0])) for name, runs in variants.items()}


def strongest(variants: dict[str, Runs]) -> str:
    """The variant that is predicted to pass on the most gradient."""
    passed_on = log10_ratios(variants)
    return max(passed_on, key=passed_on.__getitem__)


def weakest(variants: dict[str, Runs]) -> str:
    """The variant that is predicted to pass on the least gradient."""
    passed_on = log10_ratios(variants)
    return min(passed_on, key=passed_on.__getitem__)


def signal(run: Run[Classifier]) -> float:
    """log10 ‖δ_1‖/‖δ_L‖ at the first step."""
    recorded = run.callback(GradientNormMonitor).output_gradients
    first, last = (
        recorded["network.hidden.0"][0],
        recorded[f"network.hidden.{run.model.network.depth - 1}"][0],
    )
    return (
        math.log10(first / last) if first * last else math.nan
    )  # a gradient that was lost fails the verdict


def per_layer(run: Run[Classifier], log10_ratio: float) -> float:
    """The factor that, once for each step from one hidden layer to the next, makes the ratio."""
    return 10.0 ** (log10_ratio / (run.model.network.depth - 1))


def flat_slopes(run: Run[Classifier]) -> Tensor:
    """Whether the slope is flat, of every training sample in every hidden unit: (N, L·width)."""
    network = run.model.network
    limit = FLAT * slopes.largest(network.activation)
    found = []
    with torch.no_grad():
        x = run.datamodule.x.flatten(1).to(network.output.weight)
        for layer in network.hidden:
            h = layer(x)
            found.append(slope(network.activation, h).abs() < limit)
            x = network.phi(h)
    return torch.cat(found, dim=1)


def share(flags: Tensor) -> float:
    """The share of them that is true."""
    return float(flags.double().mean())


def measured_lead(variants: dict[str, Runs]) -> float:
    """The mean accuracy of the strongest less that of the weakest."""
    strong, weak = (
        mean(r.model.accuracy for r in variants[which(variants)]) for which in (strongest, weakest)
    )
    return strong - weak


def accuracies(variants: dict[str, Runs], flat_before: dict[str, list[Tensor]]) -> Table:
    """Accuracy as mean ± standard deviation over seeds, and what training did to the slopes.

    A unit is dead if its slope is flat on every training sample: it cannot learn from any.
    """
    columns = ("run", "φ", "validation accuracy", "flat before", "flat after", "dead units after")
    table = Table(*columns, title="After training", title_justify="left")
    for name, runs in variants.items():
        after = [flat_slopes(run) for run in runs]
        shares = (
            mean(map(share, flat_before[name])),
            mean(map(share, after)),
            mean(share(flat.all(dim=0)) for flat in after),
        )
        phi = runs[0].model.network.activation
        table.add_row(name, phi, accuracy(runs), *(f"{each:.1%}" for each in shares))
    return table


def accuracy(runs: Runs) -> str:
    """As the table has it: a dash where nothing was validated."""
    found = torch.tensor([run.model.accuracy for run in runs])
    if found.isnan().all():
        return "–"
    return f"{found.mean():.1%}" + (f" ± {found.std():.1%}" if len(found) > 1 else "")


def draw(variants: dict[str, Runs]) -> Figure:
    """Every activation and its derivative, by hand, with the steepest point marked."""
    figure, (left, right) = panels("φ(x)", "φ'(x), its steepest point marked")
    x = torch.linspace(-4, 4, 401, dtype=torch.float64)
    for style, (name, (run, *_)) in zip(styles(), variants.items(), strict=False):
        network = run.model.network
        thinner = 4 / (1 + 0.4 * len(right.lines))  # where curves coincide, those below still show
        left.plot(x, network.phi(x), color=style["color"], linewidth=thinner, label=name)
        right.plot(x, slope(network.activation, x), color=style["color"], linewidth=thinner)
        at, steepest = slopes.steepest(network.activation)
        if abs(at) <= 4:
            right.plot([at], [steepest], **style)
    for axes in (left, right):
        axes.set(xlabel="x")
        axes.grid(alpha=0.3)
    left.set(ylim=(-1.5, 4))
    legend(figure, left, "", columns=7)
    return figure


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
