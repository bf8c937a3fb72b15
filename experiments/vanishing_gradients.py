"""Why do gradients vanish, or explode, on their way down a deep network?

Law: ‖δ_l‖² = χ_l ‖δ_{l+1}‖², with δ = ∂L/∂h and χ_l = σ_w² E[φ'(√q_l z)²], z ~ N(0, 1): below 1 gradients
vanish, above 1 they explode.

The chain rule multiplies one factor for each of the L − 1 steps from a hidden layer to the one below, and
each is two: the activation's slope φ', never above ¼ for the sigmoid, and the weights'. The slopes alone
would leave 0.25^(L − 1); with PyTorch's weights far less is left.
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
from zoo.conditions import require_signals
from zoo.diagnostics import GradientNormMonitor
from zoo.figures import compare, legend, panels, styles
from zoo.profiles import SPREAD, log10_signal_left, mlp_layers, ratio_tolerance, run_profile
from zoo.report import Report
from zoo.run import Run
from zoo.seen import SOURCE, Seen, sgd_rate
from zoo.theory import criticality, mean_field, slopes
from zoo.training import Classifier
from zoo.verdict import Prediction, Quantity

Runs = list[Run[Classifier]]  # the repeats of one variant
LEARNS = Seen(rates=(0.05, 0.1), steps=(60, 300))
STANDS_STILL = Seen(rates=(0.05, 0.2), steps=(60, 300))
SMALL_RATE, STEPS_A_LAYER = 0.02, 3  # what else was seen of LEARNS: η, and time for every layer
POSITIVE_SLOPES = ("sigmoid", "tanh", "elu", "softplus")
SMALLEST_SQUARE = 2.0**-149  # what is smaller is 0 in float32
LAST_BIT = 1e-23  # the last bit of the smallest weights is worth ten times as much


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
    run, name = runs[0], runs[0].variant
    network, theory = require_signals(run), run_profile(run)
    depth, ratio = network.depth, log10_signal_left(run, theory)
    spread = {"atol": ratio_tolerance(network, run.datamodule, theory, len(runs)), "because": SPREAD}
    claim = f"log10 ‖δ_1‖/‖δ_{depth}‖"
    found = [Prediction(f"{name}.signal", claim, ratio, "Schoenholz et al. 2017", **spread)]
    steepest = slopes.steepest(network.activation)[1]
    if steepest < 1:
        bound = (depth - 1) * math.log10(steepest)
        claim = "log10 of the product of the slopes alone"
        found.append(Prediction(f"{name}.slopes", claim, bound, f"φ' ≤ {steepest:g}", "≤"))
    found += predict_weights(runs, theory) + predict_side(run, ratio)
    return found + predict_float32(run, ratio) + predict_learning(run, ratio)


def predict_weights(runs: Runs, theory: mean_field.Profile) -> list[Prediction]:
    """The weights' gradients where the signal vanishes in a ReLU network without biases.

    ‖δ‖ shrinks towards the input and ‖φ(h)‖ towards the output: their product, of one sample, does neither.
    How a batch's samples add up in each layer was seen, in batches like these.
    """
    network, batch = runs[0].model.network, runs[0].datamodule.batch_size
    if network.bias or network.depth < 3 or network.activation not in criticality.SCALE_FREE:
        return []
    if not 16 <= batch <= 64 or mean_field.log10_signal_ratio(theory) > -1:
        return []
    claim = f"log10 ‖∂L/∂W_2‖/‖∂L/∂W_{network.depth}‖, which hides it"
    value = mean_field.log10_weight_ratio(theory)
    spread = 0.15 * math.sqrt(network.depth / 20 * 128 / network.width)
    because = "seen: 0.2 for how samples add up, and four standard errors of width"
    seen = {"atol": 0.2 + 4 * spread / math.sqrt(len(runs)), "because": because}
    return [Prediction(f"{runs[0].variant}.weights", claim, value, "elementary: ‖δ‖ times ‖φ(h)‖", **seen)]


def predict_side(run: Run[Classifier], ratio: float) -> list[Prediction]:
    """On which side of the critical σ_w a network without biases lies; near it, depth does not tell."""
    network = run.model.network
    _, weights, *_ = mlp_layers(network)
    if weights.bias or network.activation not in criticality.WITH_CRITICAL_STD or abs(ratio) < 1:
        return []
    std, critical = math.sqrt(weights.weight), criticality.critical_weight_std(network.activation)
    if abs(std / critical - 1) < 0.25:  # near it, layers on the way to q* may outweigh those that are there
        return []
    claim = f"σ_w = {std:.3g}, the critical one being {critical:.4g}: the gradient"
    word = "explodes" if std > critical else "vanishes"
    return [Prediction(f"{run.variant}.side", claim, word, "Poole et al. 2016: χ(q*) = 1")]


def predict_float32(run: Run[Classifier], ratio: float) -> list[Prediction]:
    """Float32 squares its entries to take a norm: below 1e-45 squares are 0, long before the entries are."""
    if run.trainer.precision != "32-true" or 10**ratio > SMALLEST_SQUARE**0.5:
        return []
    name, weights = run.variant, run.model.network.hidden[0].weight.numel()
    found = [Prediction(f"{name}.own_norm", "‖∂L/∂W_1‖ as float32's own norm has it", 0.0, "IEEE 754")]
    if run.model.network.activation in POSITIVE_SLOPES:
        claim, source = "entries of ∂L/∂W_1 that are not 0", "φ' > 0 everywhere"
        found.append(Prediction(f"{name}.nonzero", claim, weights, source))
    return found


def predict_learning(run: Run[Classifier], ratio: float) -> list[Prediction]:
    """Who learns, and whose first layer does not move by a single bit."""
    name, network, steps, found = run.variant, run.model.network, int(run.steps), []
    rate = sgd_rate(run)  # Adam divides the gradient's size out; decay moves weights without a gradient
    if rate is not None and 10**ratio * rate * steps < LAST_BIT:
        claim = f"weights of layer 1 that {steps} steps move"
        found.append(Prediction(f"{name}.moved", claim, 0, "w − ηg = w where ηg is below w's last bit"))
    ignorance, claim = math.log(run.datamodule.classes), f"loss after {steps} steps, in nats"
    if ratio < -6 and STANDS_STILL.covers(run):
        noise = {"atol": 0.1, "because": "the output layer alone still follows each batch's mix of classes"}
        source = "a constant output costs ln 10 or more"
        found.append(Prediction(f"{name}.loss", claim + ": still ln 10", ignorance, source, **noise))
    relu = network.activation in criticality.SCALE_FREE
    slow = run.optimizer["lr"] <= SMALL_RATE and steps >= STEPS_A_LAYER * network.depth
    if abs(ratio) < 1 and relu and slow and LEARNS.covers(run):
        found.append(Prediction(f"{name}.loss", claim + ": it learns", ignorance - 0.25, SOURCE, "≤"))
    return found


def measure(runs: Runs, before: Tensor) -> dict[str, Quantity]:
    """The same quantities from the recorded norms, at the first step, as means over the seeds."""
    signal = mean(log_ratio(signals(run), 0) for run in runs)
    first, gradient = first_weights(runs[0]), runs[0].model.network.hidden[0].weight.grad
    return {
        "signal": signal,
        "side": "explodes" if signal > 0 else "vanishes",
        "slopes": mean(sum(log10(slope) for slope, _ in factors(run)) for run in runs),
        "weights": mean(log_ratio(weight_norms(run), 1) for run in runs),
        "own_norm": float(gradient.norm()),
        "nonzero": int(gradient.count_nonzero()),
        "moved": int((first != before.to(first)).sum()),
        "loss": mean(float(torch.stack(run.model.losses[-10:]).mean()) for run in runs),
    }


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
    return [
        (quotient(here, a), quotient(a, above))
        for here, a, above in zip(delta[:-1], inputs, delta[1:], strict=True)
    ]


def quotient(a: float, b: float) -> float:
    """a/b, or NaN where b is 0: a gradient that was lost fails a verdict instead of ending the run."""
    return a / b if b else math.nan


def log_ratio(norms: list[float], first: int) -> float:
    """log10 of the norm at index ``first`` over the last one."""
    return log10(norms[first]) - log10(norms[-1])


def log10(number: float) -> float:
    """log10, with −∞ for 0."""
    return math.log10(number) if number else -math.inf


def why_here(run: Run[Classifier]) -> Table:
    """Where the gradient goes, layer by layer: measured gain = slopes × weights, beside the predicted √χ."""
    table = Table(
        "layer", "‖∂L/∂h‖", "gain", "= slopes", "× weights", "predicted", title=f"Why, in {run.variant}"
    )
    delta, gains = signals(run), run_profile(run).gains
    for i, (slope, weights) in enumerate(factors(run)):
        numbers = (delta[i], slope * weights, slope, weights, math.sqrt(gains[i]))
        table.add_row(str(i + 1), *(f"{number:.3g}" for number in numbers))
    return table


def draw(variants: dict[str, Runs]) -> Figure:
    """Both norms against depth, for the first seed of every variant, relative to the last layer's."""
    figure, (left, right) = panels("signal: ‖∂L/∂h_l‖ / ‖∂L/∂h_L‖", "weights: ‖∂L/∂W_l‖ / ‖∂L/∂W_L‖")
    for style, (name, (run, *_)) in zip(styles(), variants.items(), strict=False):
        gains = run_profile(run).gains[:-1]
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
