"""What does backward() compute, on its way from the loss to the input?

Law: from ∂L/∂L = 1 on, each function turns the gradient at its output into those at its inputs, the last one
first; z = h Wᵀ + b gives ∂L/∂h = ∂L/∂z W, ∂L/∂W = (∂L/∂z)ᵀ h and ∂L/∂b, the sum of ∂L/∂z over the samples.

That is the chain rule, one function at a time. A network is a row of functions, z_l = h_{l−1} W_lᵀ + b_l and
h_l = φ(z_l) in each layer l, with the loss L in the end. A gradient that comes back to y = f(x) has to be
multiplied by the matrix J = ∂y/∂x, but nobody builds that matrix. Beside each f(x) of zoo.calculus stands
f_vjp(g, x), a formula for g times J, the vector-Jacobian product: that of φ is g φ′(z), entry by entry, and
that of a layer is in the law. All it needs is what went into f on the way there, and this has been kept.

`by_hand` below is all of it, for three hidden layers and an output: each line of the way back is the f_vjp of
a line of the way there, in the reverse order. Of two runs that are otherwise the same, one trains with it.

    python experiments/backpropagation.py

It prints every gradient on the way back, by hand beside autograd. In TensorBoard, open Images: how long these
gradients are, and the loss of both runs, which is one curve.
Try  --model.network.activation relu  (another f and f_vjp; no line of `by_hand` changes),  or
--model.network.activation sigmoid  (φ′ is at most ¼: gradients shrink on their way, by hand as by autograd).
"""

from itertools import chain
from typing import Any

import torch
from lightning.pytorch.cli import OptimizerCallable
from matplotlib.figure import Figure
from rich.table import Table
from torch import Tensor, nn
from torch.nn import functional as F

from zoo.calculus import activations
from zoo.calculus.layers import linear, linear_vjp
from zoo.calculus.losses import cross_entropy, cross_entropy_vjp, mse, mse_vjp
from zoo.cli import ExperimentCLI
from zoo.conditions import require_mlp, require_optimizer, require_plain_trainer, require_precision
from zoo.data import Digits
from zoo.diagnostics import GradientNormMonitor
from zoo.errors import InputError
from zoo.figures import compare, legend, panels, styles
from zoo.models import MLP
from zoo.report import Report
from zoo.run import Run
from zoo.seen import Seen
from zoo.theory import flops
from zoo.theory.rounding import UNIT
from zoo.training import Batch, Classifier
from zoo.verdict import Prediction, Quantity

Gradients = dict[str, Tensor]
ONE = torch.ones((), dtype=torch.float64)  # ∂L/∂L
ORDER = ("z4", "W4", "b4", "h3", "z3", "W3", "b3", "h2", "z2", "W2", "b2", "h1", "z1", "W1", "b1", "x")
# Where a difference was seen to stay as small as it is; batches of 8 at twice the rate enlarge it no end.
TWINS = Seen(rates=(0.0, 0.1), steps=(1, 200), batch=(32, 512))


@torch.no_grad()
def by_hand(network: MLP, x: Tensor, y: Tensor) -> tuple[Tensor, Gradients]:
    """L and its gradient at everything in ORDER: forward, then the same lines backward. dz4 is ∂L/∂z4."""
    f, f_vjp = activations.activation(network.activation), getattr(activations, f"{network.activation}_vjp")
    (W1, b1), (W2, b2), (W3, b3), (W4, b4) = [(layer.weight, layer.bias) for layer in layers(network)]

    z1 = linear(x, W1, b1)
    h1 = f(z1)
    z2 = linear(h1, W2, b2)
    h2 = f(z2)
    z3 = linear(h2, W3, b3)
    h3 = f(z3)
    z4 = linear(h3, W4, b4)
    loss = cross_entropy(z4, y)

    dz4, _ = cross_entropy_vjp(ONE, z4, y)
    dh3, dW4, db4 = linear_vjp(dz4, h3, W4, b4)
    (dz3,) = f_vjp(dh3, z3)
    dh2, dW3, db3 = linear_vjp(dz3, h2, W3, b3)
    (dz2,) = f_vjp(dh2, z2)
    dh1, dW2, db2 = linear_vjp(dz2, h1, W2, b2)
    (dz1,) = f_vjp(dh1, z1)
    dx, dW1, db1 = linear_vjp(dz1, x, W1, b1)

    found = (dz4, dW4, db4, dh3, dz3, dW3, db3, dh2, dz2, dW2, db2, dh1, dz1, dW1, db1, dx)
    return loss, dict(zip(ORDER, found, strict=True))


def by_autograd(network: MLP, x: Tensor, y: Tensor) -> Gradients:
    """The same gradients, but only the forward pass is written down."""
    h = x.requires_grad_()
    at = {"x": h}
    for i, layer in enumerate(layers(network), start=1):
        at |= {f"W{i}": layer.weight, f"b{i}": layer.bias, f"z{i}": layer(h)}
        h = at[f"h{i}"] = network.phi(at[f"z{i}"])
    loss = F.cross_entropy(at["z4"], y)
    return dict(zip(ORDER, torch.autograd.grad(loss, [at[name] for name in ORDER]), strict=True))


class HandClassifier(Classifier):
    """A Classifier whose gradients can be made by hand.

    Args:
        network: an MLP with three hidden layers.
        optimizer: what makes a step of the gradient.
        by_hand: whether by_hand makes the gradients; autograd does, if it is left out.
    """

    def __init__(self, network: nn.Module, optimizer: OptimizerCallable, by_hand: bool = False) -> None:
        super().__init__(network, optimizer)
        self.by_hand = by_hand
        self.automatic_optimization = not by_hand  # or Lightning would call backward()

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """A step; by hand, gradients are put where the optimizer looks for them."""
        if not self.by_hand:
            return super().training_step(batch, batch_idx)
        loss, gradients = by_hand(self.network, *batch)
        for i, layer in enumerate(layers(self.network), start=1):
            layer.weight.grad, layer.bias.grad = gradients[f"W{i}"], gradients[f"b{i}"]
        self.optimizers().step()
        self.losses.append(loss)
        self.log("loss/train", loss)
        return loss


def main(args: list[str] | None = None) -> Report:
    """Predict, differentiate, train, measure, judge."""
    cli = ExperimentCLI(__file__, HandClassifier, args, {"gradient_norms": GradientNormMonitor})
    every = (p for run in cli.runs for p in predict(run, twin_of(run, cli.runs)))
    cli.announce(chain(predict_mazur(), every))
    both = {run.variant: both_ways(run) for run in cli.runs}
    cli.fit()
    measured = {run.variant: measure(run, *both[run.variant], twin_of(run, cli.runs)) for run in cli.runs}
    first = both[cli.runs[0].variant]
    measured["mazur_2015"] = measure_mazur()
    return cli.report(measured, {"backpropagation": draw(cli.runs, *first)}, [every_gradient(*first)])


def predict_mazur() -> list[Prediction]:
    """The digits that were published; of the last number, those that should have been."""
    rows = (
        ("before", "E of a network small enough for paper", 0.298371109, 5e-10),
        ("slope", "∂E/∂w5, of a weight in its last layer", 0.082167041, 5e-10),
        ("w5", "w5 after a step of η = ½", 0.35891648, 5e-9),
        ("w1", "w1, of its first layer, after the step", 0.149780716, 5e-10),
        ("after", "E after the step (printed: .291027924, 1.5e-7 too much)", 0.29102777369, 5e-12),
    )
    half = {"source": "Mazur 2015", "because": "half of the last digit"}
    return [Prediction(f"mazur_2015.{key}", text, value, atol=off, **half) for key, text, value, off in rows]


def predict(run: Run[HandClassifier], twin: Run[HandClassifier] | None) -> list[Prediction]:
    """By hand: the gradients of autograd and, if a run by autograd stands beside it, the same steps."""
    sizes, batch, steps = check(run), min(run.datamodule.batch_size, len(run.datamodule.x)), int(run.steps)
    if not run.model.by_hand:
        return []
    off = 2 * (terms := flops.longest_sum(sizes, batch)) * UNIT
    once = {"atol": off, "because": f"two ways of {terms} additions in a row, each off by 1.1e-16"}
    often = {"atol": steps * off, "because": f"{steps} times that; seen: no step enlarges a difference"}
    rows = [("gradients", "largest ‖by hand − autograd‖/‖autograd‖ of a gradient", once)]
    if twin and TWINS.covers(run):
        rows.append(("weights", f"the same of the network's weights, after {steps} steps", often))
        rows.append(("decisions", "validation samples that the two classify differently", {}))
    return [Prediction(f"{run.variant}.{key}", text, 0, "chain rule", **slack) for key, text, slack in rows]


def check(run: Run[HandClassifier]) -> list[int]:
    """The sizes d_0, d_1, … of the run's network; refuse a config of which these laws do not speak."""
    require_plain_trainer(run)
    require_precision(run, "64-true")
    require_optimizer(run, "SGD", known=("momentum", "dampening", "weight_decay", "nesterov", "maximize"))
    n, data = require_mlp(run), run.datamodule
    for key, value, fits, choices in (
        ("data", type(data).__name__, isinstance(data, Digits), "zoo.data.Digits"),
        ("model.network.depth", n.depth, n.depth == 3, "3, for which the backward pass is written out"),
        ("model.network.bias", n.bias, n.bias, "true"),
        ("model.network.width", n.width, n.width >= 16, "16 or more, for which roundings are bounded"),
        ("model.network.initialization", "normal", n.initialization != "normal", "default, xavier or he"),
    ):
        if not fits:
            raise InputError(f"{key} is {value} in {run.variant}; choose {choices}")
    return [n.in_features, *[n.width] * n.depth, n.out_features]


def twin_of(run: Run[HandClassifier], runs: list[Run[HandClassifier]]) -> Run[HandClassifier] | None:
    """The run by autograd with the same seed and, but for that, the same config."""
    hand, others = run.config.clone(), [other for other in runs if not other.model.by_hand]
    hand.model.by_hand = False
    return next((other for other in others if (other.config, other.seed) == (hand, run.seed)), None)


def both_ways(run: Run[HandClassifier]) -> tuple[Gradients, Gradients]:
    """By hand and by autograd, the gradients of a first batch before the first step."""
    data, size = run.datamodule, run.datamodule.batch_size
    network, x, y = run.model.network.double(), data.x[:size].double(), data.y[:size]
    return by_hand(network, x, y)[1], by_autograd(network, x, y)


def measure(run: Run[HandClassifier], hand: Gradients, auto: Gradients, twin: Any) -> dict[str, Quantity]:
    """How far by hand and by autograd are apart before the first step, and after the last."""
    found: dict[str, Quantity] = {"gradients": max(relative(hand[name], auto[name]) for name in auto)}
    if twin:
        w, w_autograd = (torch.cat([p.flatten() for p in r.model.parameters()]) for r in (run, twin))
        a, b = (r.model.network(run.datamodule.x_validation.double()).argmax(dim=1) for r in (run, twin))
        found |= {"weights": relative(w, w_autograd), "decisions": int((a != b).sum())}
    return found


def measure_mazur() -> dict[str, Quantity]:
    """Two inputs, two hidden and two output sigmoids; the weights are learnt, the biases are not."""
    f, f_vjp = activations.sigmoid, activations.sigmoid_vjp
    rows = [[0.05, 0.10], [0.01, 0.99], [0.35, 0.35], [0.60, 0.60]]
    x, t, b1, b2 = torch.tensor(rows, dtype=torch.float64).split(1)

    def error_and_gradients(W1: Tensor, W2: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        z1 = linear(x, W1, b1)
        h1 = f(z1)
        z2 = linear(h1, W2, b2)
        o = f(z2)
        do, _ = mse_vjp(ONE, o, t)  # a mean over two outputs is his ½ Σ (t − o)²
        (dz2,) = f_vjp(do, z2)
        dh1, dW2, _ = linear_vjp(dz2, h1, W2, b2)
        (dz1,) = f_vjp(dh1, z1)
        _, dW1, _ = linear_vjp(dz1, x, W1, b1)
        return mse(o, t), dW1, dW2

    rows = [[0.15, 0.20], [0.25, 0.30], [0.40, 0.45], [0.50, 0.55]]
    W1, W2 = torch.tensor(rows, dtype=torch.float64).split(2)
    before, dW1, dW2 = error_and_gradients(W1, W2)
    W1, W2 = W1 - 0.5 * dW1, W2 - 0.5 * dW2
    after, *_ = error_and_gradients(W1, W2)
    found = {"before": before, "slope": dW2[0, 0], "w5": W2[0, 0], "w1": W1[0, 0], "after": after}
    return {quantity: float(value) for quantity, value in found.items()}


def relative(found: Tensor, reference: Tensor) -> float:
    """‖found − reference‖/‖reference‖; 0 where they are equal, be they 0."""
    off = (found - reference).detach().norm()
    return float(off / reference.detach().norm()) if off else 0.0


def layers(network: MLP) -> list[nn.Linear]:
    """All of them, from the input on."""
    return [*network.hidden, network.output]


def every_gradient(hand: Gradients, auto: Gradients) -> Table:
    """Every gradient of a batch, in the order in which the way back finds them."""
    title = "Every gradient before the first step, from the loss back to the input"
    table = Table("gradient", "shape", "norm, by hand", "by autograd", "largest difference", title=title)
    for name, gradient in auto.items():
        shape, off = " × ".join(map(str, gradient.shape)), (hand[name] - gradient).abs().max()
        norms = (f"{g.norm():.9f}" for g in (hand[name], gradient))
        table.add_row(f"∂L/∂{name}", shape, *norms, f"{off:.0e}")
    return table


def draw(runs: list[Run[HandClassifier]], hand: Gradients, auto: Gradients) -> Figure:
    """The norm of every gradient, layer by layer, and the loss of every run, step by step."""
    figure, (left, right) = panels("every gradient, before the first step", "loss, while training")
    for style, kind in zip(styles(), "zhWb", strict=False):
        names = [name for name in auto if name.startswith(kind)]
        norms = [[(int(name[1:]), float(way[name].norm())) for name in names] for way in (hand, auto)]
        compare(left, f"∂L/∂{kind}_l", style, *norms)
    for run in runs:
        losses, line = torch.stack(run.model.losses).cpu(), "o" if run.model.by_hand else "-"
        right.plot(losses, line, color="black", lw=1, markevery=5, markerfacecolor="none", markersize=4.5)
    left.set(xlabel="layer l, counted from the input", ylabel="norm", yscale="log")
    left.xaxis.get_major_locator().set_params(integer=True)
    right.set(xlabel="step", ylabel="L of the batch, nats")
    legend(figure, left, "markers: by hand; lines: by autograd")
    return figure


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
