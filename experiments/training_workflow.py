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

They stand below in that order, 3 to 6 by hand, to be held against what Lightning does, which does 7, too.
That 5 and 6 lower the loss is calculus. That 8 improves too is not: the same loop fits classes that were
drawn at random, and is no better on new samples than a guess. And where the derivative is 0 nothing moves: a
sample's ∂L/∂logits is p − y, what was said less what is true, and sums to 0; output weights keep their sum.

    python experiments/training_workflow.py

In TensorBoard, open Images: what steps keep of their promise, and the loss of every step.
Try  --only one_step --model.optimizer.lr 0.1  (more of the promise is kept),  or  --only training
--model.optimizer.lr 0.2 --trainer.max_epochs 8  (shorter steps, more of them, as good in the end).
"""

import copy
import math
from collections.abc import Iterator

import torch
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
from zoo.theory.rounding import UNIT, conserved_sum_error
from zoo.training import Classifier
from zoo.verdict import Prediction, Quantity

SMOOTH = ("sigmoid", "tanh", "gelu", "silu", "softplus")  # no kink: a Taylor polynomial knows of none
TRAINED = Seen(rates=(0.2, 0.5), steps=(110, 250), batch=(64, 64))
GIANT = Seen(rates=(50, 200), steps=(1, 1), batch=(1437, 1797))


def main(args: list[str] | None = None) -> Report:
    """Predict, train, measure, judge."""
    cli = ExperimentCLI(__file__, Classifier, args, {"gradient_norms": GradientNormMonitor})
    cli.announce(p for run in cli.runs for p in predict(run))
    before = {run.variant: model(run) for run in cli.runs}  # training moves the weights
    cli.fit()  # 7 repeat
    measured = {run.variant: measure(run, before[run.variant]) for run in cli.runs}
    tables = [confusion_table(run) for run in cli.runs if not is_one_step(run)][:1]
    return cli.report(measured, {"workflow": draw(cli.runs, before)}, tables)


def data(run: Run[Classifier]) -> tuple[Tensor, Tensor]:
    """1 data: x and y of the one batch of a run that has all samples in one."""
    ((x, y),) = run.datamodule.train_dataloader()
    return x.double().flatten(1), y


def model(run: Run[Classifier]) -> MLP:
    """2 model: the network as it is now, in float64; before training, as the seed has drawn it."""
    return copy.deepcopy(run.model.network).double()


def step(network: MLP, x: Tensor, y: Tensor, rate: float) -> tuple[float, Tensor, Tensor]:
    """3 to 6 by hand, in the functions and derivatives of zoo.calculus: L, ∂L/∂w, the weights after it."""
    layers, inputs, outputs, gradient = [*network.hidden, network.output], [], [], x.new_zeros(0)
    for layer in layers:  # 3 forward pass: every layer's function, evaluated
        inputs.append(activation(network.activation)(outputs[-1]) if outputs else x)
        outputs.append(linear(inputs[-1], layer.weight, layer.bias).detach())
    loss = cross_entropy(outputs[-1], y)  # 4 loss: one more function
    g, _ = cross_entropy_vjp(torch.ones(()), outputs[-1], y)  # 5 backward pass: ∂L/∂logits, …
    for i in reversed(range(len(layers))):  # … and from a layer's output to its weights and its input
        g, dw, db = linear_vjp(g, inputs[i], layers[i].weight.detach(), layers[i].bias)
        gradient = torch.cat([dw.flatten(), db, gradient])
        if i > 0:
            g = g * slope(network.activation, outputs[i - 1])
    return float(loss), gradient, curvature.weights(network) - rate * gradient  # 6 update


def evaluation(network: MLP, loader: DataLoader[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """8 evaluation: the logits of every sample, the largest of which is its answer, and its class."""
    with torch.no_grad():
        logits, classes = zip(*((network(x.double()), y) for x, y in loader), strict=True)
    return torch.cat(logits), torch.cat(classes)


def predict(run: Run[Classifier]) -> Iterator[Prediction]:
    """What is known before the first step: of a single step all, of a training its beginning and its end."""
    check(run)
    return predict_step(run) if is_one_step(run) else predict_training(run)


def predict_step(run: Run[Classifier]) -> Iterator[Prediction]:
    """Where one step of the whole loss leads, and how far down."""
    name, rate, network, (x, y) = run.variant, run.optimizer["lr"], model(run), data(run)
    largest = curvature.weights(network).abs().max() / (rate * step(network, x, y, rate)[1]).abs().max()
    claim = "|w_new − (w − η ∂L/∂w by hand)| / η|∂L/∂w|, both at their largest"
    because = f"sums over {len(y)} samples in two orders, and the rounding of weights"
    error = UNIT * (4 * len(y) + 4 * float(largest))
    yield Prediction(f"{name}.update", claim, 0.0, "chain rule", atol=error, because=because)
    along = curvature.along_network_descent(network, x, lambda z: cross_entropy(z, y))
    claim, (kept, error) = f"ΔL / (−η‖g‖²), η = {rate:g}", curvature.share_of_promise(along, rate)
    if network.activation in SMOOTH and error < 0.1:  # else a few terms say nothing of the series
        error += 64 * UNIT * along[0] / (-rate * along[1])
        claim, because = f"{claim}: 1 − ½η gᵀHg/‖g‖²", "twice the next two terms of Taylor"
        yield Prediction(f"{name}.kept", claim, kept, "Taylor", atol=error, because=because)
    elif GIANT.covers(run) and is_as_seen(run) and not run.optimizer["momentum"]:
        yield Prediction(f"{name}.kept", f"{claim}: below 0 the loss has risen", 0.0, SOURCE, "≤")


def predict_training(run: Run[Classifier]) -> Iterator[Prediction]:
    """What it costs to know nothing, if logits are nearly equal; what no step changes; and what is learnt."""
    name, network, classes, steps = run.variant, model(run), run.datamodule.classes, int(run.steps)
    if (q := run_profile(run).preactivation_variances[-1]) <= 1:
        _, y = evaluation(network, run.datamodule.train_dataloader())
        std = untrained.first_loss_std(classes, q, float(y.bincount().max() / len(y)))
        first, error = untrained.first_loss(classes, q), 4 * std + untrained.first_loss_neglected(classes, q)
        claim, because = f"loss before training, ln C + ½q(1 − 1/C), q = {q:.2g}", "four standard deviations"
        yield Prediction(f"{name}.start", claim, first, "derived", atol=error, because=because)
    if network.activation in ("sigmoid", "tanh"):  # others may leave float64
        error, because = conserved_sum_error(classes, steps), f"{steps} steps, {classes} weights, 4 roundings"
        claim, law = "largest change of Σ_c W_c, the output weights, relative", "Σ_c (p − y)_c = 0"
        yield Prediction(f"{name}.conserved", claim, 0.0, law, atol=error, because=because)
    if isinstance(run.datamodule, Images) and run.datamodule.dataset_name == "fake":
        yield from predict_chance(run)
    elif TRAINED.covers(run) and is_as_seen(run) and 100 <= len(run.datamodule.x_validation) <= 800:
        claim = f"accuracy on validation samples after {steps} steps"
        yield Prediction(f"{name}.accuracy", claim, 0.9, SOURCE, "≥")


def predict_chance(run: Run[Classifier]) -> Iterator[Prediction]:
    """What becomes of samples whose classes are drawn at random: a few are fitted, new ones are guessed."""
    samples, rate, chance = run.datamodule, sgd_rate(run) or 0, 1 / run.datamodule.classes
    seen = 0.2 <= rate <= 0.5 and 20 <= run.steps <= 60 and is_as_seen(run)
    if seen and len(samples.train) <= 64 and samples.batch_size >= 16:
        claim = f"accuracy on {len(samples.train)} training samples with classes drawn at random"
        yield Prediction(f"{run.variant}.fitted", claim, 0.9, SOURCE, "≥")
    error = 4 * (chance * (1 - chance) / len(samples.validation)) ** 0.5
    claim, because = "accuracy on new samples of that kind, 1/C", "four standard errors of the sample"
    yield Prediction(f"{run.variant}.accuracy", claim, chance, "binomial", atol=error, because=because)


def measure(run: Run[Classifier], before: MLP) -> dict[str, Quantity]:
    """The same quantities, from the network as it was and as it is."""
    after, loaders, rate = run.model.network, run.datamodule, run.optimizer["lr"]
    if is_one_step(run):
        x, y = data(run)
        loss, g, predicted = step(before, x, y, rate)
        off = (curvature.weights(after) - predicted).abs().max() / (rate * g).abs().max()
        return {"update": float(off), "kept": (step(after, x, y, rate)[0] - loss) / float(-rate * g @ g)}
    changed = (after.output.weight.sum(dim=0) - before.output.weight.sum(dim=0)).detach()
    told = (evaluation(after, loader()) for loader in (loaders.train_dataloader, loaders.val_dataloader))
    fitted, new = (float((z.argmax(dim=1) == y).double().mean()) for z, y in told)
    return {
        "start": float(cross_entropy(*evaluation(before, loaders.train_dataloader()))),
        "conserved": float(changed.abs().max() / after.output.weight.detach().abs().max()),
        "fitted": fitted,
        "accuracy": new,
    }


def check(run: Run[Classifier]) -> None:
    """Refuse a config of which these laws do not speak."""
    require_plain_trainer(run)
    require_precision(run, "64-true")
    require_optimizer(run, "SGD", known=("momentum", "dampening"))
    if not 0 < (rate := run.optimizer["lr"]) <= 1e6:
        raise InputError(f"model.optimizer.lr is {rate} in {run.variant}; choose one above 0 and at most 1e6")
    if not require_mlp(run).bias:
        raise InputError(f"model.network.bias is false in {run.variant}; the pass by hand has biases: true")


def is_one_step(run: Run[Classifier]) -> bool:
    """Whether the run is a single step, on all samples at once."""
    return run.steps == 1 and len(run.datamodule.train_dataloader()) == 1


def is_as_seen(run: Run[Classifier]) -> bool:
    """Whether the network is of the kind that was seen to do what is claimed of it without a derivation."""
    n = run.model.network
    return (n.activation, n.depth, n.initialization) == ("tanh", 2, "default") and n.width >= 64


def confusion_table(run: Run[Classifier]) -> Table:
    """How many validation samples of class i were taken for class j."""
    z, y = evaluation(run.model.network, run.datamodule.val_dataloader())
    said, classes = z.argmax(dim=1), range(run.datamodule.classes)
    title = f"{run.variant}: what samples are, and are taken for"
    table = Table("is", *map(str, classes), title=title, title_justify="left")
    for i in classes:
        table.add_row(str(i), *(str(int(((y == i) & (said == j)).sum()) or "·") for j in classes))
    return table


def draw(runs: list[Run[Classifier]], before: dict[str, MLP]) -> Figure:
    """What a step keeps of its promise, and the loss of every step."""
    figure, (left, right) = panels("6 update: one step", "7 repeat: every step")
    rates = torch.logspace(-2.3, 2.3, 100).tolist()
    for style, run in zip(styles(), runs, strict=False):
        if is_one_step(run):
            network, (x, y) = before[run.variant], data(run)
            along = curvature.along_network_descent(network, x, lambda z, y=y: cross_entropy(z, y))
            kept = [curvature.share_of_promise(along, rate)[0] for rate in rates]
            left.plot(rates, kept, color="0.5", linewidth=1)
            compare(left, run.variant, style, [(run.optimizer["lr"], measure(run, network)["kept"])])
        else:
            right.axhline(math.log(10), color="0.5", linewidth=1)
            compare(right, run.variant, style, list(enumerate(map(float, run.model.losses))))
    left.set(xlabel="learning rate η", ylabel="ΔL / (−η‖g‖²)", xscale="log", ylim=(-0.6, 1.1))
    right.set(xlabel="step", ylabel="loss of the step's batch, in nats", ylim=(0, None))
    for axes, title in ((left, "line: 1 − ½η gᵀHg/‖g‖²"), (right, "line: ln 10, nothing is known")):
        axes.set_visible(axes.has_data())  # where all runs are of one kind, there is nothing of the other
        if axes.lines:
            axes.legend(title=title, fontsize="small", title_fontsize="small")
    return figure


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
