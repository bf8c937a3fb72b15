"""What does gradient clipping keep of a gradient, what does it change, and what can it not mend?

Law: clipping by norm multiplies the whole gradient by min(1, c/‖g‖), so that with momentum β no K steps can
lead further than η c K / (1 − β).

A step of gradient descent is as long as the gradient. Where gradients explode, one step throws the weights
so far that the loss is lost for good. Clipping bounds the step, and so the walk, however large the gradients
are: by norm it leaves their direction alone; by value it cuts every entry at ±c, and turns them. It does not
mend what makes them large. Where gradients vanish it does nothing at all: a coefficient of 1 on every step,
and the same weights to the last bit.

    python experiments/gradient_clipping.py

In TensorBoard, open clipping/: norm_before and norm_after of every step (after is really after: Lightning's
own logging hook runs before it clips), the coefficient, and the angle. loss/train of "unclipped" goes off the
chart.
Each variant is run at three seeds; tables and figures show the first. A loss that ends below half of its
start comes down, above twice of it diverges, and else stands still.
Try  --only by_norm --trainer.gradient_clip_val 0.1  (slower, but safe),  or  --only
by_norm --trainer.gradient_clip_val 100  (so long a walk that no claim is made of what becomes of the loss).
"""

import math
from statistics import median

import torch
from matplotlib.figure import Figure
from rich.table import Table

from zoo.cli import ExperimentCLI
from zoo.conditions import require_mlp, require_plain_trainer, require_precision
from zoo.diagnostics import ClippingMonitor, GradientNormMonitor
from zoo.errors import InputError
from zoo.figures import compare, legend, panels, styles
from zoo.models import MLP
from zoo.profiles import mlp_layers, run_profile
from zoo.report import Report
from zoo.run import Run
from zoo.seen import SOURCE, Seen
from zoo.theory import clipping, mean_field
from zoo.training import Classifier
from zoo.verdict import Prediction, Quantity

Runs = list[Run[Classifier]]  # the repeats of one variant
Weights = dict[str, torch.Tensor]
# Norms of one gradient in two orders of summing, and its entries, each of which the clip multiplies once.
ROUNDING = {"atol": 1e-14, "because": "rounding of float64 norms"}
DEGREES = {"atol": 1e-12, "because": "rounding of float64 entries by 1e-16 radians each"}
BOUNDED = ("sigmoid", "tanh")  # |φ| ≤ 1
FATES = Seen(rates=(0.2, 1.0), steps=(40, 300))


def main(args: list[str] | None = None) -> Report:
    """Predict, train, measure, judge."""
    callbacks = {"clipping": ClippingMonitor, "gradient_norms": GradientNormMonitor}
    cli = ExperimentCLI(__file__, Classifier, args, callbacks)
    cli.announce(p for runs in cli.variants.values() for p in predict(runs[0], cli.variants))
    before = {name: weights(runs[0]) for name, runs in cli.variants.items()}
    cli.fit()
    measured = {name: measure(runs, before[name], cli.variants) for name, runs in cli.variants.items()}
    return cli.report(measured, {"clipping": draw(cli.variants)}, [what_clipping_did(cli.variants)])


def predict(run: Run[Classifier], variants: dict[str, Runs]) -> list[Prediction]:
    """What the formula of clipping says of this run, and the network's theory of who explodes."""
    check(run)
    found = predict_reach(run) + predict_fate(run) + predict_untouched(run, variants)
    if run.trainer.gradient_clip_val is None or by_value(run):
        return found
    name, source = run.variant, "Pascanu et al. 2013"
    formula = "coefficient minus min(1, c/(‖g‖ + 1e-6))"
    return [
        *found,
        Prediction(f"{name}.formula", formula, 0.0, source, **ROUNDING),
        Prediction(f"{name}.angle", "largest angle, in degrees", 0.0, source, **DEGREES),
    ]


def predict_fate(run: Run[Classifier]) -> list[Prediction]:
    """What becomes of the loss: seen, not derived, where theory says on which side the network lies.

    Where the signal grows tenfold or more through an unbounded activation, plain steps throw the weights
    away. A clip holds them if it lets them walk about as far as they are long: more than a hundredth of
    that, less than twice. Where the signal vanishes, the loss stands still, whatever the clip.
    """
    network, ratio = run.model.network, log10_ratio(run)
    if not FATES.covers(run):
        return []
    if ratio < -5:
        word = "stands still"
    elif ratio < 1 or network.activation in BOUNDED:
        return []
    elif run.trainer.gradient_clip_val is None:
        word = "diverges"
    elif 0.01 < reach(run) / length(network) < 2:
        word = "comes down"
    else:
        return []
    claim = "what becomes of the loss, by a factor of 2 or more (all seeds)"
    return [Prediction(f"{run.variant}.fate", claim, word, SOURCE)]


def predict_untouched(run: Run[Classifier], variants: dict[str, Runs]) -> list[Prediction]:
    """A clip where the gradient never comes: no step is clipped, and no bit is other than without it."""
    name, limit = run.variant, run.trainer.gradient_clip_val
    if limit is None or by_value(run) or log10_ratio(run) > -5:
        return []
    network = run.model.network
    if network.activation not in BOUNDED or limit < 1.1 * clipping.output_layer_bound(network.width):
        return []  # a tenth is for the layers below, of which next to nothing is left
    found = [Prediction(f"{name}.share", "share of the steps that are clipped", 0.0, "|φ| ≤ 1: ‖g‖ < c")]
    if unclipped_twin(run, variants):
        claim = "weights that differ from unclipped"
        found.append(Prediction(f"{name}.bits", claim, 0, "a coefficient of 1"))
    return found


def check(run: Run[Classifier]) -> None:
    """Refuse a config of which these laws do not speak."""
    require_plain_trainer(run, "gradient_clip_val")
    require_precision(run, "64-true")
    limit = run.trainer.gradient_clip_val
    if limit is not None and limit <= 0:
        raise InputError(f"trainer.gradient_clip_val is {limit}; it must be above 0, or null for no clipping")
    require_mlp(run)


def log10_ratio(run: Run[Classifier]) -> float:
    """log10 ‖δ_1‖/‖δ_L‖ as mean-field theory has it."""
    return mean_field.log10_signal_ratio(run_profile(run))


def length(network: MLP) -> float:
    """‖(W_1, …, W_L)‖ at initialization: N rows in each layer, of expected square σ_w²."""
    return math.sqrt(sum(network.width * layer.weight for layer in mlp_layers(network)[:-1]))


def predict_reach(run: Run[Classifier]) -> list[Prediction]:
    """A bounded step makes a bounded walk, whatever the loss does; of interest where gradients explode."""
    name, source, small = run.variant, "triangle inequality", {"rtol": 1e-13, "because": ROUNDING["because"]}
    if run.trainer.gradient_clip_val is None or log10_ratio(run) < 1:
        return []
    symbols = "c√P" if by_value(run) else "c"
    claim = f"largest ‖g‖ after: {symbols}"
    found = [Prediction(f"{name}.longest", claim, longest(run), source, "≤", **small)]
    if run.optimizer["name"] == "SGD" and not run.optimizer["weight_decay"]:
        claim = f"how far weights move: η{symbols}K/(1 − β)"
        found.append(Prediction(f"{name}.moved", claim, reach(run), source, "≤", **small))
    return found


def longest(run: Run[Classifier]) -> float:
    """The longest gradient that the clip lets pass: c by norm, c√P by value."""
    limit: float = run.trainer.gradient_clip_val
    return limit * math.sqrt(parameters(run)) if by_value(run) else limit


def reach(run: Run[Classifier]) -> float:
    """How far the run's clipped steps lead at most."""
    o = run.optimizer
    return clipping.longest_walk(o["lr"], o["momentum"], longest(run), int(run.steps))


def measure(runs: Runs, before: Weights, variants: dict[str, Runs]) -> dict[str, Quantity]:
    """Everything that may have been predicted of a variant."""
    run, seen = runs[0], runs[0].callback(ClippingMonitor)
    after = weights(run)
    moved = math.sqrt(sum(float(((after[name] - before[name]) ** 2).sum()) for name in after))
    found: dict[str, Quantity] = {
        "longest": largest(seen.after),
        "angle": largest(seen.angles),
        "moved": moved,
        "share": seen.share_clipped,
        "fate": fate(runs),
    }
    if run.trainer.gradient_clip_val is not None and not by_value(run):
        formula = [clipping.norm_coefficient(norm, run.trainer.gradient_clip_val) for norm in seen.before]
        found["formula"] = largest([abs(a - b) for a, b in zip(seen.coefficients, formula, strict=True)])
    if twin := unclipped_twin(run, variants):
        other = weights(twin)
        found["bits"] = sum(int((after[name] != other[name]).sum()) for name in after)
    return found


def largest(numbers: list[float]) -> float:
    """The largest of them, or NaN if one is NaN: Python's max hides it."""
    return float(torch.tensor(numbers, dtype=torch.float64).max())


def fate(runs: Runs) -> str:
    """What became of the losses at all seeds, where a factor of two, up or down, is not standing still."""
    words = set()
    for run in runs:
        losses = torch.stack(run.model.losses)
        change = float(losses[-10:].mean() / losses[0])
        # In this order, since NaN is below nothing.
        words.add("comes down" if change < 0.5 else "stands still" if change < 2 else "diverges")
    return " or ".join(sorted(words))


def by_value(run: Run[Classifier]) -> bool:
    """Whether the run clips by value; Lightning's default is by norm."""
    return run.trainer.gradient_clip_algorithm == "value"


def parameters(run: Run[Classifier]) -> int:
    """P, how many entries the gradient has."""
    return sum(p.numel() for p in run.model.parameters())


def weights(run: Run[Classifier]) -> Weights:
    """A float64 copy of all parameters as they are now."""
    return {name: p.detach().double().cpu().clone() for name, p in run.model.named_parameters()}


def unclipped_twin(run: Run[Classifier], variants: dict[str, Runs]) -> Run[Classifier] | None:
    """The run that has the same config but for clipping."""
    for runs in variants.values():
        other = runs[0]
        if other.trainer.gradient_clip_val is None and but_for_clipping(other) == but_for_clipping(run):
            return other
    return None


def but_for_clipping(run: Run[Classifier]) -> tuple[object, ...]:
    """The config of the run without the two keys that clip."""
    trainer = {k: v for k, v in vars(run.config.trainer).items() if not k.startswith("gradient_clip")}
    return run.config.model, run.config.data, trainer


def what_clipping_did(variants: dict[str, Runs]) -> Table:
    """Each variant's first seed, as a clipping report."""
    columns = ("run", "loss, first → last", "steps clipped", "median ‖g‖ before", "after", "largest angle")
    table = Table(*columns, title="What clipping did", title_justify="left")
    for name, (run, *_) in variants.items():
        seen = run.callback(ClippingMonitor)
        losses = [f"{loss:.3g}" for loss in run.model.losses]
        norms = [f"{median(filter(math.isfinite, norms)):.3g}" for norms in (seen.before, seen.after)]
        largest_angle = f"{max(filter(math.isfinite, seen.angles)):.3g}°"
        ends = " → ".join(losses[:1] + losses[-1:])
        table.add_row(name, ends, f"{seen.share_clipped:.0%}", *norms, largest_angle)
    return table


def draw(variants: dict[str, Runs]) -> Figure:
    """Norms after clipping, with the limit where there is one, and losses."""
    figure, (norms, losses) = panels("‖g‖ after clipping", "loss (what diverges leaves the plot)")
    for style, (name, (run, *_)) in zip(styles(), variants.items(), strict=False):
        seen = run.callback(ClippingMonitor)
        steps, limit = len(seen.after), run.trainer.gradient_clip_val
        predicted = [(0, longest(run)), (steps - 1, longest(run))] if limit else []
        compare(norms, name, style, list(enumerate(seen.after)), predicted)
        compare(losses, name, style, list(enumerate(float(loss) for loss in run.model.losses)))
    norms.set(xlabel="step", ylabel="‖g‖ that the optimizer gets", yscale="log", ylim=(0.03, 1e5))
    losses.set(xlabel="step", ylabel="cross-entropy, nats", yscale="log", ylim=(0.1, 1e5))
    legend(figure, norms, "markers: measured; lines: the longest that the limit lets pass", columns=3)
    return figure


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
