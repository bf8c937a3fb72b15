"""Where in the training of a model does calculus act?

Law: a step from w to w − ηg, with g = ∂L/∂w, changes the loss L by −η‖g‖² + ½η² gᵀHg + …: the derivative
promises the first term, the curvature H says how much of it is kept.

A training is a loop around a model, and calculus has two places in it:

    1  data            none: numbers are read and standardized
    2  model           none yet, but every part of it will need a derivative
    3  forward pass    none: functions are evaluated, layer by layer
    4  loss            none: one more function; of ten classes about ln 10, as long as nothing is known
    5  backward pass   all of it: the chain rule, from the loss back to every weight
    6  update          its use: every weight moves by −η times its own derivative
    7  repeat          3 to 6 again, with one batch after another
    8  evaluation      none: samples that no derivative has seen are counted

Steps 3 to 6 stand below by hand, and are held against what PyTorch and Lightning do. That 5 and 6 lower the
loss is calculus. That 8 improves too is not: the same loop fits classes that were drawn at random, and is no
better on new samples than a guess. And where the derivative is 0, nothing moves: a sample's ∂L/∂logits is
p − y, what was said less what is true, and sums to 0, so the output weights keep their sum over the classes.

    python experiments/training_workflow.py

In TensorBoard, open Images: what steps keep of their promise, the loss of every step, and what the digits
were taken for; accuracy/validation is in Scalars.
Try  --only one_step --model.optimizer.lr 0.1  (more of the promise is kept),  or  --only training --data
zoo.data.Images --data.name fake --data.train_samples 100 --model.network.in_features 784  (noise for images;
without train_samples, mnist and fashion_mnist can stand in place of fake, and are downloaded first).
"""

import copy
import math
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.table import Table
from torch import Tensor
from torch.utils.data import DataLoader

from zoo.calculus.activations import activation, slope
from zoo.calculus.layers import linear, linear_vjp
from zoo.calculus.losses import cross_entropy, cross_entropy_vjp
from zoo.cli import ExperimentCLI
from zoo.conditions import require_mlp, require_optimizer, require_plain_trainer, require_precision
from zoo.data import Images
from zoo.diagnostics import GradientNormMonitor
from zoo.errors import InputError
from zoo.figures import compare, panels, styles
from zoo.models import MLP
from zoo.profiles import run_profile
from zoo.report import Report
from zoo.run import Run
from zoo.seen import SOURCE, Seen, sgd_rate
from zoo.theory import curvature, untrained
from zoo.theory.rounding import UNIT
from zoo.training import Classifier
from zoo.verdict import Prediction, Quantity

SMOOTH = ("sigmoid", "tanh", "gelu", "silu", "softplus")  # no kink: a Taylor polynomial knows of none
BOUNDED = ("sigmoid", "tanh")
TRAINED = Seen(rates=(0.2, 0.5), steps=(110, 250), batch=(64, 64))
GIANT = Seen(rates=(50, 200), steps=(1, 1), batch=(1437, 1797))


def main(args: list[str] | None = None) -> Report:
    """Predict, train, measure, judge."""
    cli = ExperimentCLI(__file__, Classifier, args, {"gradient_norms": GradientNormMonitor})
    cli.announce(p for run in cli.runs for p in predict(run))
    before = {run.variant: start(run) for run in cli.runs}  # training moves the weights
    cli.fit()
    measured = {run.variant: measure(run, before[run.variant]) for run in cli.runs}
    tables = [confusion_table(run) for run in cli.runs if not is_one_step(run)][:1]
    return cli.report(measured, {"workflow": draw(cli.runs, before)}, tables)


def predict(run: Run[Classifier]) -> list[Prediction]:
    """What is known before the first step: of a single step all, of a training its beginning and its end."""
    check(run)
    return predict_step(run) if is_one_step(run) else [*predict_beginning(run), *predict_end(run)]


def predict_step(run: Run[Classifier]) -> list[Prediction]:
    """Where one step of the whole loss leads, and how far down."""
    name, rate, network = run.variant, run.optimizer["lr"], start(run)
    x, y = whole_batch(run)
    along, w = along_gradient(run, network), curvature.weights(network)
    longest = rate * float(pass_by_hand(network, x, y)[1].abs().max())
    claim = "|w_new − (w − η ∂L/∂w by hand)| / η|∂L/∂w|, both at their largest"
    because = f"sums over {len(y)} samples in two orders, and the rounding of weights"
    error = UNIT * (4 * len(y) + 4 * float(w.abs().max()) / longest)
    found = [Prediction(f"{name}.update", claim, 0.0, "chain rule", atol=error, because=because)]
    kept, error = curvature.share_of_promise(along, rate)
    if network.activation in SMOOTH and error < 0.1:  # else a few terms say nothing of the series
        error += 64 * UNIT * along[0] / (-rate * along[1])
        claim, because = (
            f"ΔL / (−η‖g‖²), η = {rate:g}: 1 − ½η gᵀHg/‖g‖²",
            "twice the next two terms of Taylor",
        )
        found.append(Prediction(f"{name}.kept", claim, kept, "Taylor", atol=error, because=because))
    elif GIANT.covers(run) and is_as_seen(run) and not run.optimizer["momentum"]:
        claim = f"ΔL / (−η‖g‖²), η = {rate:g}: below 0 the loss has risen"
        found.append(Prediction(f"{name}.kept", claim, 0.0, SOURCE, "≤"))
    return found


def predict_beginning(run: Run[Classifier]) -> list[Prediction]:
    """What it costs to know nothing, in a network whose logits are not far from equal."""
    classes, q = run.datamodule.classes, run_profile(run).preactivation_variances[-1]
    if q > 1:
        return []
    _, y = told(start(run), run.datamodule.train_dataloader())
    std = untrained.first_loss_std(classes, q, float(y.bincount().max() / len(y)))
    error = 4 * std + untrained.first_loss_neglected(classes, q)
    claim, because = f"loss before training, ln C + ½q(1 − 1/C), q = {q:.2g}", "four standard deviations"
    value = untrained.first_loss(classes, q)
    return [Prediction(f"{run.variant}.start", claim, value, "derived", atol=error, because=because)]


def predict_end(run: Run[Classifier]) -> list[Prediction]:
    """What no step can change, and how often the trained network is right."""
    name, classes, steps, found = run.variant, run.datamodule.classes, int(run.steps), []
    if run.model.network.activation in BOUNDED:  # others may leave float64
        error, because = 4 * steps * classes * UNIT, f"{classes} weights are rounded in each of {steps} steps"
        claim, law = "largest change of Σ_c W_c, the output weights, relative", "Σ_c (p − y)_c = 0"
        found.append(Prediction(f"{name}.conserved", claim, 0.0, law, atol=error, because=because))
    if TRAINED.covers(run) and is_as_seen(run) and 100 <= len(run.datamodule.x_validation) <= 800:
        claim = f"accuracy on validation samples after {steps} steps"
        found.append(Prediction(f"{name}.accuracy", claim, 0.9, SOURCE, "≥"))
    if isinstance(run.datamodule, Images) and run.datamodule.dataset_name == "fake":
        found += predict_chance(run)
    return found


def predict_chance(run: Run[Classifier]) -> list[Prediction]:
    """What becomes of samples whose classes are drawn at random: a few are fitted, new ones are guessed."""
    name, data, rate, chance = run.variant, run.datamodule, sgd_rate(run) or 0, 1 / run.datamodule.classes
    error = 4 * (chance * (1 - chance) / len(data.validation)) ** 0.5
    claim, because = "accuracy on new samples of that kind, 1/C", "four standard errors of the sample"
    found = [Prediction(f"{name}.accuracy", claim, chance, "binomial", atol=error, because=because)]
    steep = 0.2 <= rate <= 0.5 and 20 <= run.steps <= 60
    if steep and len(data.train) <= 64 and data.batch_size >= 16 and is_as_seen(run):
        claim = f"accuracy on {len(data.train)} training samples with classes drawn at random"
        found.insert(0, Prediction(f"{name}.fitted", claim, 0.9, SOURCE, "≥"))
    return found


def pass_by_hand(network: MLP, x: Tensor, y: Tensor) -> tuple[float, Tensor]:
    """L and ∂L/∂w, in the functions and the derivatives of zoo.calculus."""
    layers = [*network.hidden, network.output]
    inputs, outputs = [], []
    for layer in layers:  # 3 forward pass: every layer's function, evaluated
        inputs.append(activation(network.activation)(outputs[-1]) if outputs else x)
        outputs.append(linear(inputs[-1], layer.weight, layer.bias).detach())
    loss = cross_entropy(outputs[-1], y)  # 4 loss: one more function
    (g, _), found = cross_entropy_vjp(torch.ones(()), outputs[-1], y), []  # 5 backward pass: ∂L/∂logits, …
    for i in reversed(range(len(layers))):  # … and from a layer's output to its weights and its input
        g, dw, db = linear_vjp(g, inputs[i], layers[i].weight.detach(), layers[i].bias)
        found = [dw.flatten(), db, *found]
        if i > 0:
            g = g * slope(network.activation, outputs[i - 1])
    return float(loss), torch.cat(found)


def measure(run: Run[Classifier], before: MLP) -> dict[str, Quantity]:
    """The same quantities, from the network as it was and as it is."""
    after, data = run.model.network, run.datamodule
    if is_one_step(run):
        rate, batch = run.optimizer["lr"], whole_batch(run)
        loss, g = pass_by_hand(before, *batch)
        predicted = curvature.weights(before) - rate * g  # 6 update
        off = (curvature.weights(after) - predicted).abs().max() / (rate * g).abs().max()
        return {"update": float(off), "kept": (pass_by_hand(after, *batch)[0] - loss) / float(-rate * g @ g)}
    changed = (after.output.weight.sum(dim=0) - before.output.weight.sum(dim=0)).detach()
    return {
        "start": float(cross_entropy(*told(before, data.train_dataloader()))),
        "conserved": float(changed.abs().max() / after.output.weight.detach().abs().max()),
        "fitted": accuracy(*told(after, data.train_dataloader())),
        "accuracy": accuracy(*told(after, data.val_dataloader())),  # 8 evaluation
    }


def accuracy(z: Tensor, y: Tensor) -> float:
    """The share of samples whose largest logit is their class's."""
    return float((z.argmax(dim=1) == y).double().mean())


def along_gradient(run: Run[Classifier], network: MLP) -> list[float]:
    """L, −‖g‖², gᵀHg and two more derivatives of the whole loss along −g, by autograd."""
    x, y = whole_batch(run)
    loss = curvature.loss_of_weights(network, x, lambda z: cross_entropy(z, y))
    return curvature.along_descent(loss, curvature.weights(network))


def check(run: Run[Classifier]) -> None:
    """Refuse a config of which these laws do not speak."""
    require_plain_trainer(run)
    require_precision(run, "64-true")
    require_optimizer(run, "SGD", known=("momentum", "dampening"))
    rate = run.optimizer["lr"]
    if not 0 < rate <= 1e6:
        raise InputError(f"model.optimizer.lr is {rate} in {run.variant}; choose one above 0 and at most 1e6")
    if not require_mlp(run).bias:
        raise InputError(f"model.network.bias is false in {run.variant}; the pass by hand has biases: true")


def is_one_step(run: Run[Classifier]) -> bool:
    """Whether the run is a single step, on all samples at once."""
    samples: Any = run.datamodule.train_dataloader().dataset
    return run.steps == 1 and len(samples) <= run.datamodule.batch_size


def is_as_seen(run: Run[Classifier]) -> bool:
    """Whether the network is of the kind that was seen to do what is claimed of it without a derivation."""
    n = run.model.network
    return (n.activation, n.depth, n.initialization) == ("tanh", 2, "default") and n.width >= 64


def start(run: Run[Classifier]) -> MLP:
    """The network as the seed has drawn it, in float64."""
    return copy.deepcopy(run.model.network).double()


def whole_batch(run: Run[Classifier]) -> tuple[Tensor, Tensor]:
    """The one batch of a run that has all samples in one."""
    ((x, y),) = run.datamodule.train_dataloader()
    return x.double().flatten(1), y


def told(network: MLP, loader: DataLoader[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """The logits of every sample, and its class."""
    with torch.no_grad():
        logits, classes = zip(*((network(x.double()), y) for x, y in loader), strict=True)
    return torch.cat(logits), torch.cat(classes)


def confusion(run: Run[Classifier]) -> Tensor:
    """How many validation samples of class i were taken for class j, (C, C)."""
    z, y = told(run.model.network, run.datamodule.val_dataloader())
    classes = run.datamodule.classes
    return torch.bincount(y * classes + z.argmax(dim=1), minlength=classes**2).reshape(classes, classes)


def confusion_table(run: Run[Classifier]) -> Table:
    """The same for the terminal."""
    title = f"{run.variant}: what validation samples are, and what they are taken for"
    table = Table("is", *map(str, range(run.datamodule.classes)), title=title, title_justify="left")
    for c, row in enumerate(confusion(run).tolist()):
        table.add_row(str(c), *(str(count or "·") for count in row))
    return table


def draw(runs: list[Run[Classifier]], before: dict[str, MLP]) -> Figure:
    """What a step keeps of its promise, the loss of every step, and what digits were taken for."""
    figure, (left, middle, right) = panels("6 update: one step", "7 repeat: every step", "8 evaluation")
    rates = torch.logspace(-2.3, 2.3, 100).tolist()
    for style, run in zip(styles(), runs, strict=False):
        if is_one_step(run):
            if not left.lines:
                along = along_gradient(run, before[run.variant])
                kept = [curvature.share_of_promise(along, rate)[0] for rate in rates]
                left.plot(rates, kept, color="0.5", linewidth=1)
            measured = measure(run, before[run.variant])["kept"]
            compare(left, run.variant, style, [(run.optimizer["lr"], measured)])
        else:
            compare(middle, run.variant, style, list(enumerate(map(float, run.model.losses))))
    for run in [run for run in runs if not is_one_step(run)][:1]:
        middle.axhline(math.log(10), color="0.5", linewidth=1)
        draw_confusion(right, run)
    left.set(xlabel="learning rate η", ylabel="ΔL / (−η‖g‖²)", xscale="log", ylim=(-0.6, 1.1))
    middle.set(xlabel="step", ylabel="loss of the step's batch, in nats (line: ln 10)", ylim=(0, None))
    for axes, title in ((left, "line: 1 − ½η gᵀHg/‖g‖²"), (middle, ""), (right, "")):
        axes.set_visible(axes.has_data())  # where all runs are of one kind, there is nothing of the other
        if axes.lines:
            axes.legend(title=title, fontsize="small", title_fontsize="small")
    return figure


def draw_confusion(axes: Axes, run: Run[Classifier]) -> None:
    """The confusion matrix, the more the darker."""
    counts = confusion(run)
    axes.imshow(counts.numpy(), cmap="Blues")
    for i, j in counts.nonzero().tolist():
        light = "white" if counts[i, j] > counts.max() / 2 else "black"
        axes.text(j, i, str(int(counts[i, j])), ha="center", va="center", color=light, fontsize="small")
    ticks = range(run.datamodule.classes)
    axes.set(xlabel=f"taken for ({run.variant})", ylabel="is", xticks=ticks, yticks=ticks)


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
