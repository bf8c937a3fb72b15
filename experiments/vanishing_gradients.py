"""Why do gradients vanish, or explode, on their way down a deep network?

Law: ‖δ_l‖² = χ_l ‖δ_{l+1}‖², with δ = ∂L/∂h and χ_l = σ_w² E[φ'(√q_l z)²]: below 1 gradients vanish, above 1
they explode.

The chain rule multiplies one factor a layer, and each is two: the activation's slope φ', never above ¼ for
the sigmoid, and the weights'. The slope alone would leave 0.25^L; with PyTorch's weights far less is left.
ReLU has the slope 1, but only for the half of the units that are on: without an initialization that repays
the other half it vanishes too. And a look at the weights' gradients alone can miss all of it.

    python experiments/vanishing_gradients.py

In TensorBoard, open Custom Scalars: one chart has every layer's log10 ‖∂L/∂W‖, one every layer's log10
‖∂L/∂h‖; where gradients vanish, the curves lie evenly spaced. Images has both against depth, the prediction
drawn through them.
Try  --only sigmoid_20 --model.network.initialization xavier  (three quarters of the decay),  or
--only sigmoid_20 --model.network.activation tanh  (less than a third).
"""

import math
from statistics import mean

import torch
from matplotlib.figure import Figure
from rich.table import Table
from torch import Tensor

from zoo.cli import ExperimentCLI
from zoo.diagnostics import GradientNormMonitor
from zoo.errors import InputError
from zoo.figures import compare, legend, panels, styles
from zoo.profiles import mlp_profile, ratio_tolerance
from zoo.report import Report
from zoo.run import Run
from zoo.theory import mean_field, slopes
from zoo.training import Classifier
from zoo.verdict import Prediction, Quantity

Runs = list[Run[Classifier]]  # the repeats of one variant
IGNORANCE = math.log(10)  # nats: the loss of equal odds on ten classes
# By then, at such a rate η/(1 − β), a network that learns these digits has begun to: seen, not derived.
STEPS, STEPS_A_LAYER, RATES = 60, 3, (0.05, 0.5)
SMALLEST_SQUARE = 2.0**-149  # what is smaller is 0 in float32
SMALLEST_RATIO = 1e-35  # float32's smallest normal number, 1e-38, with room for entries below the norm


def main(args: list[str] | None = None) -> Report:
    """Predict, train, measure, judge."""
    cli = ExperimentCLI(__file__, Classifier, args, {"gradient_norms": GradientNormMonitor})
    cli.announce(p for runs in cli.variants.values() for p in predict(runs))
    before = {name: first_weights(runs[0]) for name, runs in cli.variants.items()}
    cli.fit()
    measured = {name: measure(runs, before[name]) for name, runs in cli.variants.items()}
    return cli.report(measured, {"norm_against_depth": draw(cli.variants)}, [why_here(cli.runs[0])])


def predict(runs: Runs) -> list[Prediction]:
    """What mean-field theory says of a network of this config, before it sees a gradient."""
    run, name, depth = runs[0], runs[0].variant, runs[0].model.network.depth
    if depth < 2:
        raise InputError(f"{name} has one hidden layer: no gradient passes from one to another")
    theory = profile(run)
    ratio = mean_field.log10_signal_ratio(theory)
    tolerance = ratio_tolerance(run.model.network, theory, len(runs))
    spread = {"atol": tolerance, "because": "finite width, and three standard errors over seeds"}
    claim = f"log10 ‖δ_1‖/‖δ_{depth}‖"
    found = [Prediction(f"{name}.signal", claim, ratio, "Schoenholz et al. 2017", **spread)]
    steepest = slopes.steepest(run.model.network.activation)[1]
    if steepest < 1:
        bound = (depth - 1) * math.log10(steepest)
        claim = "log10 of the product of the slopes alone"
        found.append(Prediction(f"{name}.slopes", claim, bound, f"φ' ≤ {steepest:g}", "≤"))
    if not run.model.network.bias:
        claim = f"log10 ‖∂L/∂W_2‖/‖∂L/∂W_{depth}‖, which hides it"
        value = mean_field.log10_weight_ratio(theory)
        found.append(Prediction(f"{name}.weights", claim, value, "Du, Hu & Lee 2018", **spread))
    return found + predict_float32(run, ratio) + predict_learning(run, ratio)


def predict_float32(run: Run[Classifier], ratio: float) -> list[Prediction]:
    """Float32 squares its entries to take a norm: below 1e-45 squares are 0, long before the entries are."""
    if run.trainer.precision != "32-true" or not SMALLEST_RATIO < 10**ratio < SMALLEST_SQUARE**0.5:
        return []
    name, weights = run.variant, run.model.network.hidden[0].weight.numel()
    return [
        Prediction(f"{name}.own_norm", "‖∂L/∂W_1‖ as float32's own norm has it", 0.0, "IEEE 754"),
        Prediction(f"{name}.nonzero", "entries of ∂L/∂W_1 that are not 0", weights, "IEEE 754"),
    ]


def predict_learning(run: Run[Classifier], ratio: float) -> list[Prediction]:
    """Who learns, and whose first layer does not move by a single bit."""
    name, found = run.variant, []
    if run.optimizer["name"] != "SGD" or run.optimizer["weight_decay"]:
        return found  # Adam divides the gradient's size out; decay moves weights without a gradient
    rate = run.optimizer["lr"] / (1 - run.optimizer["momentum"])
    if (
        10**ratio * rate * run.trainer.max_steps < 1e-23
    ):  # the last bit of the smallest weights is worth 1e-22
        claim = f"weights of layer 1 that {run.trainer.max_steps} steps move"
        found.append(Prediction(f"{name}.moved", claim, 0, "w − ηg = w where ηg is below w's last bit"))
    enough = max(STEPS, STEPS_A_LAYER * run.model.network.depth)
    if run.trainer.max_steps < enough or not RATES[0] < rate < RATES[1]:
        return found
    claim = f"loss after {run.trainer.max_steps} steps, in nats"
    if ratio < -6:
        noise = {"atol": 0.1, "because": "the output layer alone still follows each batch's mix of classes"}
        found.append(Prediction(f"{name}.loss", claim + ": still ln 10", IGNORANCE, "elementary", **noise))
    elif abs(ratio) < 1:
        found.append(
            Prediction(f"{name}.loss", claim + ": it learns", IGNORANCE - 0.25, "He et al. 2015", "≤")
        )
    return found


def measure(runs: Runs, before: Tensor) -> dict[str, Quantity]:
    """The same quantities from the recorded norms, at the first step, as means over the seeds."""
    first, gradient = first_weights(runs[0]), runs[0].model.network.hidden[0].weight.grad
    return {
        "signal": mean(log_ratio(signals(run), 0) for run in runs),
        "slopes": mean(sum(math.log10(slope) for slope, _ in factors(run)) for run in runs),
        "weights": mean(log_ratio(weight_norms(run), 1) for run in runs),
        "own_norm": float(gradient.norm()),
        "nonzero": int(gradient.count_nonzero()),
        "moved": int((first != before.to(first)).sum()),
        "loss": mean(float(torch.stack(run.model.losses[-10:]).mean()) for run in runs),
    }


def profile(run: Run[Classifier]) -> mean_field.Profile:
    """The mean-field profile of the run's network on the run's data."""
    return mlp_profile(run.model.network, run.datamodule.x)


def first_weights(run: Run[Classifier]) -> Tensor:
    """A copy of the first layer's weights as they are now."""
    weights: Tensor = run.model.network.hidden[0].weight.detach().clone()
    return weights


def signals(run: Run[Classifier]) -> list[float]:
    """‖δ_1‖ … ‖δ_L‖ at the first step."""
    recorded = run.callback(GradientNormMonitor).output_gradients
    return [recorded[f"network.hidden.{i}"][0] for i in range(run.model.network.depth)]


def weight_norms(run: Run[Classifier]) -> list[float]:
    """‖∂L/∂(W, b)_1‖ … ‖∂L/∂(W, b)_L‖ at the first step."""
    recorded = run.callback(GradientNormMonitor).norms
    return [recorded[f"network.hidden.{i}"][0] for i in range(run.model.network.depth)]


def factors(run: Run[Classifier]) -> list[tuple[float, float]]:
    """Each gain from a hidden layer to the one below, as two factors: the slopes' and the weights'."""
    entering = run.callback(GradientNormMonitor).input_gradients
    delta = signals(run)
    inputs = [entering[f"network.hidden.{i}"][0] for i in range(1, len(delta))]
    return [(here / a, a / above) for here, a, above in zip(delta[:-1], inputs, delta[1:], strict=True)]


def log_ratio(norms: list[float], first: int) -> float:
    """log10 of the norm at index ``first`` over the last one."""
    return math.log10(norms[first]) - math.log10(norms[-1])


def why_here(run: Run[Classifier]) -> Table:
    """Where the gradient goes, layer by layer: measured gain = slopes × weights, beside the predicted √χ."""
    table = Table(
        "layer", "‖∂L/∂h‖", "gain", "= slopes", "× weights", "predicted", title=f"Why, in {run.variant}"
    )
    for i, (slope, weights) in enumerate(factors(run)):
        numbers = (signals(run)[i], slope * weights, slope, weights, math.sqrt(profile(run).gains[i]))
        table.add_row(str(i + 1), *(f"{number:.3g}" for number in numbers))
    return table


def draw(variants: dict[str, Runs]) -> Figure:
    """Both norms against depth, for the first seed of every variant, relative to the last layer's."""
    figure, (left, right) = panels("signal: ‖∂L/∂h_l‖ / ‖∂L/∂h_L‖", "weights: ‖∂L/∂W_l‖ / ‖∂L/∂W_L‖")
    for style, (name, (run, *_)) in zip(styles(), variants.items(), strict=False):
        gains = profile(run).gains[:-1]
        predicted = [math.prod(gains[i:]) ** 0.5 for i in range(len(gains) + 1)]
        for axes, norms, line in ((left, signals(run), predicted), (right, weight_norms(run), [])):
            relative = [(i + 1, norm / norms[-1]) for i, norm in enumerate(norms)]
            compare(axes, name, style, relative, [(i + 1, value) for i, value in enumerate(line)])
    for axes in (left, right):
        axes.set(
            xlabel="layer l, counted from the input", ylabel="relative to the last hidden layer", yscale="log"
        )
        axes.grid(alpha=0.3)
    legend(figure, left, "markers: measured at the first step; lines (left): mean-field prediction")
    return figure


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
