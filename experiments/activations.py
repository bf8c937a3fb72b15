"""What does an activation's derivative do to a network, before and after training?

Law: a layer passes on the share σ_w² E[φ'(√q z)²] of the squared gradient; for the sigmoid, whose slope is ¼
at most, that is the least.

Seven activations, drawn with their derivatives. At initialization their slopes, averaged over the Gaussian
preactivations of a wide layer, say how much gradient reaches the first layer, and which share of the slopes
is flat (below 5 % of the largest: saturated, or off). After training, the activation that passed on the
least has learned least. Accuracies are means over seeds, with their spread: one lucky run says nothing.

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
from zoo.diagnostics import GradientNormMonitor
from zoo.errors import InputError
from zoo.figures import legend, panels, styles
from zoo.profiles import mlp_profile, ratio_tolerance
from zoo.report import Report
from zoo.run import Run
from zoo.theory import mean_field, slopes
from zoo.training import Classifier
from zoo.verdict import Prediction, Quantity

Runs = list[Run[Classifier]]  # the repeats of one variant
FLAT = 0.05  # a slope below this share of the largest one passes nothing on


def main(args: list[str] | None = None) -> Report:
    """Predict, train, measure, judge."""
    cli = ExperimentCLI(__file__, Classifier, args, {"gradient_norms": GradientNormMonitor})
    cli.announce(p for predictions in predict_all(cli.variants) for p in predictions)
    flat_before = {name: mean(flat_share(run) for run in runs) for name, runs in cli.variants.items()}
    cli.fit()
    measured = {name: measure(runs) | {"flat": flat_before[name]} for name, runs in cli.variants.items()}
    measured["all"] = {"worst": measured_worst(cli.variants)}
    return cli.report(measured, {"activations": draw(cli.variants)}, [accuracies(cli.variants, flat_before)])


def predict_all(variants: dict[str, Runs]) -> Iterator[list[Prediction]]:
    """Every activation by itself, then which of them learns least."""
    for runs in variants.values():
        yield predict(runs)
    yield predict_worst(variants)


def predict(runs: Runs) -> list[Prediction]:
    """The steepest slope, the gain and the share of flat slopes of one activation."""
    run, network, theory = runs[0], runs[0].model.network, profile(runs[0])
    name, activation = run.variant, network.activation
    if network.depth < 2:
        raise InputError(f"{name} has one hidden layer: no gradient passes from one to another")
    flat = mean(mean_field.saturated_share(activation, q, FLAT) for q in theory.preactivation_variances[:-1])
    units = network.width * network.depth * len(runs)
    return [
        Prediction(
            f"{name}.steepest",
            "largest φ'(x)",
            slopes.steepest(activation)[1],
            "φ'' = 0",
            atol=1e-7,
            because="the grid may miss the top by half of its spacing, 5e-4",
        ),
        Prediction(
            f"{name}.gain",
            "backward gain of a layer, √χ: ‖δ_l‖/‖δ_{l+1}‖",
            per_layer(run, mean_field.log10_signal_ratio(theory)),
            "Schoenholz et al. 2017",
            rtol=per_layer(run, ratio_tolerance(network, theory, len(runs))) - 1,
            because="finite width, and three standard errors over seeds",
        ),
        Prediction(
            f"{name}.flat",
            f"share of slopes below {FLAT:.0%} of the steepest",
            flat,
            "Poole et al. 2016",
            atol=3 * (flat * (1 - flat) / units) ** 0.5 + 0.005,
            because="three standard errors over units (their samples are not independent), and finite width",
        ),
    ]


def predict_worst(variants: dict[str, Runs]) -> list[Prediction]:
    """Who learns least: the one that passes on the least.

    That is, if it passes on less than a tenth, no other explodes, and training ends with a validation.
    """
    passed_on = log10_ratios(variants)
    trainer = next(iter(variants.values()))[0].trainer
    epochs = trainer.max_epochs if trainer.max_steps == -1 else None
    if min(passed_on.values()) > -1 or max(passed_on.values()) > 0.5 or len(variants) < 2:
        return []
    if not epochs or epochs % trainer.check_val_every_n_epoch:
        return []
    claim = f"accuracy of {weakest(variants)} (least gradient) minus the lowest of the others"
    because = "three points: at chance level a class more or less in the sample decides"
    return [Prediction("all.worst", claim, 0.0, "Glorot & Bengio 2010", "≤", atol=0.03, because=because)]


def measure(runs: Runs) -> dict[str, Quantity]:
    """The same from autograd on the network's own φ, and from the recorded norms of the first step."""
    grid = torch.linspace(-40, 40, 160_001, dtype=torch.float64, requires_grad=True)
    (slopes_seen,) = torch.autograd.grad(runs[0].model.network.phi(grid).sum(), grid)
    return {
        "steepest": float(slopes_seen.max()),
        "gain": per_layer(runs[0], mean(signal(run) for run in runs)),
    }


def log10_ratios(variants: dict[str, Runs]) -> dict[str, float]:
    """Variant → log10 ‖δ_1‖/‖δ_L‖ as predicted."""
    return {name: mean_field.log10_signal_ratio(profile(runs[0])) for name, runs in variants.items()}


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
    return math.log10(first / last)


def per_layer(run: Run[Classifier], log10_ratio: float) -> float:
    """The factor that, once for each step from one hidden layer to the next, makes the ratio."""
    return 10.0 ** (log10_ratio / (run.model.network.depth - 1))


def profile(run: Run[Classifier]) -> mean_field.Profile:
    """The mean-field profile of the run's network on the run's data."""
    return mlp_profile(run.model.network, run.datamodule.x)


def preactivations(run: Run[Classifier]) -> list[Tensor]:
    """z_1 … z_L of the training samples, (N, width) each, with the weights as they are now."""
    network = run.model.network
    found = []
    with torch.no_grad():
        h = run.datamodule.x.flatten(1).to(network.output.weight)
        for layer in network.hidden:
            found.append(layer(h))
            h = network.phi(found[-1])
    return found


def flat_share(run: Run[Classifier]) -> float:
    """The share of all units and samples whose slope is below FLAT of the largest."""
    name = run.model.network.activation
    largest = max(abs(slopes.steepest(name)[1]), abs(slopes.least(name)[1]))
    return mean(float((slope(name, z).abs() < FLAT * largest).double().mean()) for z in preactivations(run))


def dead_share(run: Run[Classifier]) -> float:
    """The share of units whose slope is flat on every training sample: they cannot learn from any."""
    name = run.model.network.activation
    largest = max(abs(slopes.steepest(name)[1]), abs(slopes.least(name)[1]))
    flat = [(slope(name, z).abs() < FLAT * largest).all(dim=0) for z in preactivations(run)]
    return float(torch.cat(flat).double().mean())


def measured_worst(variants: dict[str, Runs]) -> float:
    """The mean accuracy of the activation with the least gradient, less the lowest mean of the others."""
    means = {name: mean(run.model.accuracy for run in runs) for name, runs in variants.items()}
    return means.pop(weakest(variants)) - min(means.values(), default=math.nan)


def accuracies(variants: dict[str, Runs], flat_before: dict[str, float]) -> Table:
    """Accuracy as mean ± standard deviation over seeds, and what training did to the slopes."""
    columns = ("activation", "validation accuracy", "flat before", "flat after", "dead units after")
    table = Table(*columns, title="After training", title_justify="left")
    for name, runs in variants.items():
        found = torch.tensor([run.model.accuracy for run in runs])
        spread = f" ± {found.std():.1%}" if len(found) > 1 else ""
        shares = (flat_before[name], mean(map(flat_share, runs)), mean(map(dead_share, runs)))
        table.add_row(name, f"{found.mean():.1%}{spread}", *(f"{share:.1%}" for share in shares))
    return table


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
