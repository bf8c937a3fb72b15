"""Why does backpropagation go backwards, and what does it cost?

Law: all P gradients take at most twice the FLOPs of a forward pass; one by one they take P + 1 passes.

Layer l is z_l = W_l φ(z_{l−1}) + b_l, with d_{l−1} inputs and d_l outputs. By the chain rule ∂L/∂x of one
sample is g J_L … J_1: a row g = ∂L/∂z_L, times a matrix J_l = ∂z_l/∂z_{l−1} for each layer. Their order is
fixed, but either end may begin. From the left, where the loss is, a row meets a matrix and is a row again;
from the right, matrices meet matrices. Many numbers go in and one comes out, the loss: hence backwards.

FLOPs are multiplications and additions. Forward, B samples take F = 2B Σ d_{l−1} d_l. Backward, a layer has
two such products, for ∂L/∂W_l and for the gradient at its input, which the first layer can spare. Differences
move one parameter after another: P + 1 passes. And only *one* number is so cheap: C outputs take C ways back.

    python experiments/backpropagation_cost.py

In TensorBoard, open Images: what gradients cost in wider networks, by either way, and from either end.
Try  --only digits --sizes [64,256,256,256,10]  (over three times the parameters; backward still below 2F),
or  --only with_input_gradient --sizes [1,128,128,10]  (products of one column: the right is as cheap).
"""

from dataclasses import dataclass, field
from functools import reduce
from itertools import accumulate, pairwise
from typing import Literal

import torch
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.func import functional_call, jacrev
from torch.nn.functional import mse_loss

from zoo.differentiation import flops as count
from zoo.errors import InputError
from zoo.figures import compare, panels, styles
from zoo.measuring import Case, MeasurementCLI
from zoo.report import Report
from zoo.theory import flops
from zoo.theory.rounding import UNIT
from zoo.verdict import Prediction, Quantity

PHI = {"tanh": nn.Tanh(), "relu": nn.ReLU(), "sigmoid": nn.Sigmoid(), "gelu": nn.GELU()}
FEW = 400  # parameters, at most, that are moved one after another


@dataclass
class Settings:
    """A fully connected network, and what is asked of it.

    Args:
        sizes: d_0 inputs, the units of each hidden layer, and d_L outputs.
        batch: B, the samples that go through at once.
        activation: φ; the first layer sees x itself.
        with_input_gradient: whether ∂L/∂x is wanted, too.
    """

    sizes: list[int] = field(default_factory=lambda: [64, 128, 128, 128, 10])
    batch: int = 64
    activation: Literal["tanh", "relu", "sigmoid", "gelu"] = "tanh"
    with_input_gradient: bool = False

    def __post_init__(self) -> None:
        if not 3 <= len(self.sizes) <= 8 or not all(1 <= size <= 1000 for size in self.sizes):
            raise InputError(f"sizes is {self.sizes}; choose 3 to 8 numbers from 1 to 1000")
        if not 1 <= self.batch <= 256:
            raise InputError(f"batch is {self.batch}; choose 1 to 256")
        if (slopes := flops.parameter_count(self.sizes) * self.sizes[-1]) > 5_000_000:
            raise InputError(f"sizes is {self.sizes}: outputs have {slopes} slopes; choose up to 5000000")


def main(args: list[str] | None = None) -> Report:
    """Predict, measure, judge."""
    cli = MeasurementCLI(__file__, Settings, args)
    cli.announce(p for case in cli.cases for p in predict(case))
    return cli.report(cli.measure(measure), {"cost": draw(cli.cases[0].settings)})


def predict(case: Case[Settings]) -> list[Prediction]:
    """What the passes cost; where ∂L/∂x is wanted, that either end leads to it, at another price."""
    s, name, law = case.settings, case.variant, laws(case.settings.sizes, case.settings)
    P, C, terms = flops.parameter_count(s.sizes), s.sizes[-1], flops.longest_sum(s.sizes, 1)
    back = "FLOPs backward, 2F" + (", with ∂L/∂x" if s.with_input_gradient else " − 2B d_0 d_1")
    found = [
        Prediction(f"{name}.forward", "FLOPs forward, F = 2B Σ d_{l−1} d_l", law["forward"], "elementary"),
        Prediction(f"{name}.backward", back, law["backward"], "elementary"),
        Prediction(f"{name}.outputs", f"backward passes for {C} outputs", C, "Griewank & Walther 2008"),
    ]
    if P <= FEW:
        claim = f"{P} gradients by differences, in forward passes"
        found.append(Prediction(f"{name}.one_by_one", claim, P + 1, "elementary"))
    if s.with_input_gradient:  # only here is it as much as 3
        claim = f"L, {P} gradients and ∂L/∂x, in forward passes"
        found.append(Prediction(f"{name}.cost", claim, 3, "Baur & Strassen 1983", "≤"))
        same, source = "g J_L … J_1 − ∂L/∂x, over |g||J_L| … |J_1|", "chain rule; Higham 2002, chapter 3"
        ends, ratio = "FLOPs of g J_L … J_1, right over left", law["from the right"] / law["from the left"]
        rounding = {"atol": 2 * terms * UNIT, "because": f"two ways of ≤ {terms} roundings"}
        found.append(Prediction(f"{name}.product", same, 0.0, source, **rounding))
        found.append(Prediction(f"{name}.from_input", ends, ratio, "elementary"))
    return found


def laws(sizes: list[int], s: Settings) -> dict[str, int]:
    """FLOPs by theory."""
    return {
        "forward": flops.forward_flops(sizes, s.batch),
        "backward": flops.backward_flops(sizes, s.batch, s.with_input_gradient),
        "one by one": (flops.parameter_count(sizes) + 1) * flops.forward_flops(sizes, s.batch),
        "from the left": flops.chain_flops(sizes),
        "from the right": flops.chain_flops(sizes, from_input=True),
    }


def counts(network: nn.Sequential, x: Tensor, y: Tensor) -> dict[str, float]:
    """The same as PyTorch counts them; NaN for one by one, if parameters are many."""
    forward, (_, *factors) = count(network, x), chain(network, x[0], y[0])
    few = sum(p.numel() for p in network.parameters()) <= FEW
    return {
        "forward": forward,
        "backward": count(lambda: mse_loss(network(x), y).backward()) - forward,
        "one by one": count(one_by_one, network, x, y) if few else torch.nan,
        "from the left": count(product, factors),
        "from the right": count(product, factors, True),
    }


def measure(case: Case[Settings]) -> dict[str, Quantity]:
    """What was counted, and how far the products are from autograd's ∂L/∂x; not all of it is claimed."""
    network, x, y = start(case.settings.sizes, case.settings)
    found, (dx, *factors) = counts(network, x, y), chain(network, x[0], y[0])
    off = max((product(factors, end) - dx).norm() for end in (False, True))
    return found | {
        "cost": 1 + found["backward"] / found["forward"],
        "one_by_one": found["one by one"] / found["forward"],
        "outputs": (count(output_gradients, network, x) - found["forward"]) / found["backward"],
        "product": float(off / product([factor.abs() for factor in factors]).norm()) if off else 0.0,
        "from_input": found["from the right"] / found["from the left"],
    }


def start(sizes: list[int], s: Settings) -> tuple[nn.Sequential, Tensor, Tensor]:
    """A network as PyTorch initializes it; inputs (B, d_0) and targets (B, d_L) from N(0, 1)."""
    layers = [nn.Sequential(PHI[s.activation], nn.Linear(*fans)) for fans in pairwise(sizes)]
    layers[0][0] = nn.Identity()
    x, y = (torch.randn(s.batch, size, dtype=torch.float64) for size in (sizes[0], sizes[-1]))
    return nn.Sequential(*layers).double(), x.requires_grad_(s.with_input_gradient), y


def output_gradients(network: nn.Sequential, x: Tensor) -> object:
    """The gradients of every output, as a mean over the samples; x itself would confuse the counter."""
    argnums = (0, 1) if x.requires_grad else 0
    means = jacrev(lambda p, x: functional_call(network, p, (x.clone(),)).mean(dim=0), argnums)
    return means(dict(network.named_parameters()), x)


@torch.no_grad()
def one_by_one(network: nn.Sequential, x: Tensor, y: Tensor, h: float = 1e-6) -> Tensor:
    """(L(θ + h e_i) − L(θ))/h for every parameter θ_i."""
    before, found = mse_loss(network(x), y), []
    for entry in (entry for p in network.parameters() for entry in p.view(-1).split(1)):
        entry += h  # a view: the network's own parameter moves
        found.append((mse_loss(network(x), y) - before) / h)
        entry -= h
    return torch.stack(found)


def chain(network: nn.Sequential, x: Tensor, y: Tensor) -> list[Tensor]:
    """Of one sample: ∂L/∂x by autograd, (d_0,); the row g; J_L, …, J_1, layer by layer."""
    z = list(accumulate(network, lambda below, layer: layer(below), initial=x.detach().requires_grad_()))
    dx, g = torch.autograd.grad(mse_loss(z[-1], y), [z[0], z[-1]])
    jacobians = [jacrev(layer)(below).detach() for layer, below in zip(network, z[:-1], strict=True)]
    return [dx, g[None], *reversed(jacobians)]


def product(factors: list[Tensor], from_right: bool = False) -> Tensor:
    """((g J_L) …) J_1; or g (… (J_2 J_1)), from the input on."""
    if from_right:
        return reduce(lambda found, factor: factor @ found, reversed(factors))
    return reduce(torch.matmul, factors)


def draw(s: Settings) -> Figure:
    """FLOPs against the width of the hidden layers: of passes, and of a product from either end."""
    figure, panes = panels("a loss and all its gradients", "∂L/∂x of a sample: g J_L … J_1")
    wider = {2**k: [s.sizes[0], *[2**k] * (len(s.sizes) - 2), s.sizes[-1]] for k in range(9)}
    rows = [(width, counts(*start(sizes, s)), laws(sizes, s)) for width, sizes in wider.items()]
    for style, label in zip(styles(), rows[0][1], strict=False):
        points = ([(row[0], row[i][label]) for row in rows] for i in (1, 2))
        compare(panes["from" in label], label, style, *points)
    for axes in panes:
        axes.set(xlabel="width of the hidden layers", ylabel="FLOPs", xscale="log", yscale="log")
        axes.legend(title="markers: counted; lines: the laws", fontsize="small", title_fontsize="small")
    return figure


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
