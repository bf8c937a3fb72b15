"""What does softmax do to a gradient?

Law: p = softmax(z) has the Jacobian J = ∂p/∂z = diag(p) − ppᵀ. It takes away what pushes all classes alike,
halves the rest at least, and leaves nothing where p is certain; of cross-entropy's slope it leaves p − y.

A classifier of C classes puts out C numbers z, its logits, and makes pᵢ = e^zᵢ / Σⱼ e^zⱼ of them: positive,
and 1 in total. No class gains without another's loss, so that every pᵢ depends on all zⱼ, and the derivative
is a matrix: pᵢ(1 − pᵢ) on its diagonal, −pᵢpⱼ beside it. Its rows add up to 0, since nothing changes if a
number is added to all of z. Its eigenvalues say how much of a gradient comes through. One is 0, and they add
up to 1 − Σp²: next to nothing where one class has nearly all of p. That is softmax saturated.

The cross-entropy L = −ln p_y of the true class y has the slope −1/p_y at p_y, and 0 at the others. J turns it
into ∂L/∂z = p − y: what is said, less 1 for the true class. These entries add up to 0, so that training moves
weights from class to class and leaves their sum. The derivative of p − y is J once more, now as the curvature
of L. All this is of one softmax: if the network ends in one and the loss has another, L stays far from 0.

    python experiments/softmax.py

In TensorBoard, open Images: J's largest eigenvalue and its trace for every digit, before and after training;
loss/train and accuracy/validation show the training in between.
Try  --trainer.max_epochs 20  (the more certain p is, the less is left of J),  or  --model.optimizer.lr 20
(steps too long: some digits are certain and wrong, with slopes as long as √2).
"""

import copy
import math
from itertools import chain

import torch
from matplotlib.figure import Figure
from rich.table import Table
from torch import Tensor, nn
from torch.func import grad, jacrev, vmap
from torch.nn.functional import one_hot

from zoo.calculus.losses import cross_entropy
from zoo.calculus.softmax import softmax, softmax_jacobian
from zoo.cli import ExperimentCLI
from zoo.conditions import require_optimizer, require_plain_trainer, require_precision
from zoo.data import Digits
from zoo.diagnostics import GradientNormMonitor
from zoo.errors import InputError
from zoo.figures import COLOURS, legend, panels
from zoo.report import Report
from zoo.run import Run
from zoo.theory import softmax_spectrum
from zoo.theory.rounding import conserved_sum_error
from zoo.training import Classifier
from zoo.verdict import Prediction, Quantity, Relation

C = Digits.classes
THREE_CLASSES = torch.tensor([[math.log(2), 0.0, 0.0]], dtype=torch.float64)  # z of p = (½, ¼, ¼)
TWO_RIVALS = torch.tensor([[0.0, 0.0, -60.0]], dtype=torch.float64)  # z of p = (½, ½, 0)
EQUAL_ODDS = torch.zeros(1, C, dtype=torch.float64)
SMALL = 1e-14  # of numbers up to 1: some hundred roundings


def main(args: list[str] | None = None) -> Report:
    """Predict, train, measure, judge."""
    cli = ExperimentCLI(__file__, Classifier, args, {"gradient_norms": GradientNormMonitor})
    cli.announce(chain(predict_examples(), (p for run in cli.runs for p in predict(run))))
    before = {run.variant: copy.deepcopy(run.model.network).double() for run in cli.runs}
    cli.fit()
    measured = {run.variant: measure(run, before[run.variant]) for run in cli.runs}
    figures = {"softmax": draw(cli.runs[0], before[cli.runs[0].variant])}
    return cli.report(measure_examples() | measured, figures, [entries()])


def predict_examples() -> list[Prediction]:
    """What J is like for three p, and what L is at equal odds and after two softmaxes."""
    trace, floor = softmax_spectrum.trace([0.5, 0.25, 0.25]), softmax_spectrum.floor_if_taken_twice(C)
    return [
        exact("three_classes.rows", "p = (½, ¼, ¼): largest |sum of a row of J|", 0.0),
        exact("three_classes.trace", "sum of J's eigenvalues, 1 − Σp²", trace),
        exact("two_rivals.largest", "p = (½, ½, 0): largest eigenvalue of J", 0.5),
        exact("equal_odds.eigenvalues", f"p = 1/C, C = {C}: how many eigenvalues of J are 1/C", C - 1),
        exact("equal_odds.loss", "L, whichever class is true: ln C", math.log(C)),
        exact("taken_twice.loss", "least L after two softmaxes: right and certain", floor),
    ]


def predict(run: Run[Classifier]) -> list[Prediction]:
    """Identities and bounds that hold for any logits, and what training cannot change."""
    check(run)
    name, steps = run.variant, int(run.steps)
    moved, law = "largest change of Σ_c W_c, the sum of weights over classes, relative", "Σ_c (p − y)_c = 0"
    rounding, because = conserved_sum_error(C, steps), f"{steps} steps, {C} weights, 4 roundings"
    digits = f"{len(run.datamodule.x)} digits, before and after training"
    return [
        exact(f"{name}.jacobian", f"largest |autograd's J − (diag(p) − ppᵀ)|, {digits}", 0.0),
        exact(f"{name}.largest", "largest eigenvalue of J", softmax_spectrum.LARGEST_EIGENVALUE, "≤"),
        exact(f"{name}.slope", "largest |∂L/∂z − (p − y)|", 0.0),
        exact(f"{name}.length", "largest length of ∂L/∂z: √2", softmax_spectrum.LONGEST_SLOPE, "≤"),
        exact(f"{name}.curvature", "largest |∂²L/∂z² − J|", 0.0),
        exact(f"{name}.left", "after training: mean of 1 − Σp² − 2L", 0.0, "≤"),
        Prediction(f"{name}.moved", moved, 0.0, law, atol=rounding, because=because),
    ]


def exact(key: str, claim: str, value: Quantity, relation: Relation = "=") -> Prediction:
    """A prediction that leaves room for roundings alone, and for none if it is a count."""
    if isinstance(value, int):
        return Prediction(key, claim, value, "elementary")
    return Prediction(
        key, claim, value, "elementary", relation, SMALL, because="roundings of 1e-16, added up"
    )


def measure_examples() -> dict[str, dict[str, Quantity]]:
    """Autograd's J of the examples, and losses."""
    classes = torch.arange(C)
    certain = softmax(100 * one_hot(classes, C).double())  # and right: the logit of each class's own is 100
    return {
        "three_classes": {
            "rows": float(jacobian(THREE_CLASSES).sum(dim=2).abs().max()),
            "trace": float(spectrum(THREE_CLASSES).sum()),
        },
        "two_rivals": {"largest": float(spectrum(TWO_RIVALS).max())},
        "equal_odds": {
            "eigenvalues": int(((spectrum(EQUAL_ODDS) - 1 / C).abs() < SMALL).sum()),
            "loss": float(cross_entropy(EQUAL_ODDS.expand(C, C), classes)),
        },
        "taken_twice": {"loss": float(cross_entropy(certain, classes))},
    }


def measure(run: Run[Classifier], before: nn.Linear) -> dict[str, Quantity]:
    """Autograd's derivatives at the logits of every digit, with the first weights and with the last."""
    after, true = logits(run, run.model.network), run.datamodule.y
    z, y = torch.cat([logits(run, before), after]), true.repeat(2)
    slope, weights = vmap(grad(loss))(z, y), run.model.network.weight.detach()
    return {
        "jacobian": float((jacobian(z) - softmax_jacobian(z)).abs().max()),
        "largest": float(spectrum(z).max()),
        "slope": float((slope - (softmax(z) - one_hot(y, C))).abs().max()),
        "length": float(slope.norm(dim=1).max()),
        "curvature": float((vmap(jacrev(grad(loss)))(z, y) - jacobian(z)).abs().max()),
        "left": float(spectrum(after).sum(dim=1).mean() - 2 * cross_entropy(after, true)),
        "moved": float((weights - before.weight.detach()).sum(dim=0).abs().max() / weights.abs().max()),
    }


def logits(run: Run[Classifier], network: nn.Module) -> Tensor:
    """z of all digits: (N, C)."""
    return network(run.datamodule.x.double()).detach()


def loss(z: Tensor, y: Tensor) -> Tensor:
    """L of one digit, with logits (C,)."""
    return cross_entropy(z[None], y[None])


def jacobian(z: Tensor) -> Tensor:
    """∂p/∂z by autograd, at each of N logits: (N, C, C)."""
    return vmap(jacrev(softmax))(z)


def spectrum(z: Tensor) -> Tensor:
    """J's eigenvalues at each of N logits, ascending: (N, C)."""
    return torch.linalg.eigvalsh(jacobian(z))


def check(run: Run[Classifier]) -> None:
    """Refuse a config of which these laws do not speak."""
    name, network = run.variant, run.model.network
    require_plain_trainer(run)
    require_precision(run, "64-true")
    require_optimizer(run, "SGD")
    if not isinstance(run.datamodule, Digits):
        raise InputError(f"data is {type(run.datamodule).__name__} in {name}; choose zoo.data.Digits")
    if not isinstance(network, nn.Linear) or (network.in_features, network.out_features) != (64, C):
        raise InputError(f"model.network is {network} in {name}; choose torch.nn.Linear from 64 to {C}")
    if (rate := run.optimizer["lr"]) > 100:
        raise InputError(f"lr is {rate:g} in {name}; choose 100 at most: by then p is 0 or 1")


def entries() -> Table:
    """J entry by entry, with the sums of its rows."""
    table = Table("", "∂z_1", "∂z_2", "∂z_3", "sum", title="J at p = (½, ¼, ¼)", title_justify="left")
    for i, row in enumerate(jacobian(THREE_CLASSES)[0], start=1):
        table.add_row(f"∂p_{i}", *(f"{each:.4f}" for each in row.tolist()), f"{row.sum().abs():.4f}")
    return table


def draw(run: Run[Classifier], before: nn.Linear) -> Figure:
    """A dot for each digit, below the lines that none can pass."""
    figure, (left, right) = panels("J's largest eigenvalue", "J's trace, the sum of its eigenvalues")
    p = torch.linspace(1 / C, 1, 100).tolist()
    bound = [softmax_spectrum.largest_eigenvalue_bound(each) for each in p]
    left.plot(p, bound, color="black", linewidth=1, label="2p(1 − p) on the left, 2L on the right")
    right.plot([0, 10], [0, 10 * softmax_spectrum.TRACE_PER_LOSS], color="black", linewidth=1)
    states = {"before training": before, "after training": run.model.network}
    for colour, (state, network) in zip(COLOURS, states.items(), strict=False):
        z, dots = logits(run, network), {"linestyle": "", "marker": ".", "markersize": 3, "color": colour}
        left.plot(softmax(z).amax(dim=1), spectrum(z)[:, -1], label=state, **dots)
        right.plot(vmap(loss)(z, run.datamodule.y), spectrum(z).sum(dim=1), **dots)
    left.set(xlabel="largest p", ylabel="largest eigenvalue of J")
    right.set(xlabel="L = −ln p_y", ylabel="1 − Σp²", xscale="log", yscale="log", ylim=(1e-5, 2))
    legend(figure, left, "dots: measured, one a digit; lines: bounds")
    return figure


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
