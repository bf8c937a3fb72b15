"""When does a correct formula give a wrong gradient?

Law: in float32 p = σ(z) is rounded to 0 below z = −88.7 and to 1 above 16.6: there ln p has no slope, and
BCELoss a wrong one, even from ln(½·10⁻¹²) = −28.3 on. A loss that is computed from z has σ(z) − y everywhere.

On paper it is all the same: the cross-entropy of y = 1 is −ln p, or ln(1 + e⁻ᶻ) with p = σ(z) written out. A
computer keeps 24 binary digits in float32. What is less than 2⁻²⁴ vanishes when it is added to 1, and what is
above 3·10³⁸ is infinite. Through p, the chain rule then multiplies ∂L/∂p = ∞ by a slope of the sigmoid that
is 0, which is NaN: not a number. PyTorch's BCELoss takes care that nothing is infinite. Its loss is 100 at
most, and where ∂L/∂p divides by p(1 − p), it divides by 1e-12 at least. There is no NaN, but where p is less
than that, their quotient is left of the slope: half at p = ½·1e-12, and the more certain the mistake, the
less it is learnt from. That is why losses are to be given logits z, not probabilities.

    python experiments/rounded_losses.py

In TensorBoard, open Images: the slope of a mistake against z, by programs that agree on paper.
Try  --only log_of_sigmoid --dtype float64  (64 bits only move the edge, to −709.8),  or  --only bce_loss
--dtype float64  (and this one hardly, for 1e-12 stands in the program).
"""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from matplotlib.figure import Figure
from torch import Tensor
from torch.nn import functional as F

from zoo.calculus.activations import sigmoid
from zoo.calculus.losses import binary_cross_entropy_with_logits
from zoo.errors import InputError
from zoo.figures import compare, legend, panels, styles
from zoo.measuring import Case, MeasurementCLI
from zoo.report import Report
from zoo.theory import rounded_losses
from zoo.theory.rounded_losses import Format, Program
from zoo.verdict import Prediction, Quantity

FARTHEST = 1000.0  # how far from 0 an edge is looked for
PROGRAMS = {
    "bce_with_logits": binary_cross_entropy_with_logits,
    "log_of_sigmoid": lambda z, y: -torch.where(y > 0, sigmoid(z), 1 - sigmoid(z)).log().mean(),
    "bce_of_sigmoid": lambda z, y: F.binary_cross_entropy(sigmoid(z), y),  # what BCELoss computes
}


@dataclass
class Settings:
    """A program, and a mistake that it is told of.

    Args:
        program: from z itself; through p and its logarithm; or through p and PyTorch's BCELoss.
        logit: z, the mistake: below 0 where y is 1, above where y is 0. Rounded to the format at once.
        target: y, the truth.
        dtype: the format that is computed in.
    """

    program: Program = "bce_with_logits"
    logit: float = -89.0
    target: Literal[0, 1] = 1
    dtype: Format = "float32"

    def __post_init__(self) -> None:
        if abs(self.logit) > FARTHEST:
            raise InputError(f"logit is {self.logit}; choose one within ±{FARTHEST:g}")
        if self.program == "bce_of_sigmoid" and self.dtype == "float64" and not self.target:
            raise InputError(
                "target is 0 and dtype float64; there the rounding of 1 − p blurs BCELoss: choose 1"
            )
        self.logit = rounded(self.logit, self.dtype)


def main(args: list[str] | None = None) -> Report:
    """Predict, measure, judge."""
    cli = MeasurementCLI(__file__, Settings, args)
    cli.announce(p for case in cli.cases for p in predict(case))
    measured = cli.measure(measure)
    return cli.report(measured, {"rounding": draw(cli.cases)})


def predict(case: Case[Settings]) -> list[Prediction]:
    """The loss and its slope at the mistake, and from which logit on the slope is lost."""
    s, name = case.settings, case.variant
    form = (s.program, s.logit, s.target, s.dtype)
    loss, slope = rounded_losses.loss(*form), rounded_losses.slope(*form)
    # BCELoss has its 1e-12 in float32, whatever it is given.
    digits: Format = "float32" if s.program == "bce_of_sigmoid" else s.dtype
    rounding = {"rtol": 16 * rounded_losses.spacing(1.0, digits), "because": f"a few roundings in {digits}"}
    right, where = abs(s.logit) + math.log1p(math.exp(-abs(s.logit))), f"at z = {s.logit:g}, y = {s.target}"
    edge, known = edge_of(s)
    if abs(s.logit - edge) <= known:
        raise InputError(
            f"logit is {s.logit:.9g} in {name}, as near the edge as rounding blurs it: choose another"
        )
    found = []
    blurred = not s.target and s.logit < edge and s.program != "bce_with_logits"  # L is ln of a rounded 1 − p
    if math.isfinite(loss) and not blurred:
        claim = f"L {where}; on paper {right:.6g}"
        found.append(Prediction(f"{name}.loss", claim, loss, "IEEE 754; PyTorch's BCELoss", **rounding))
    if math.isnan(slope):
        found.append(Prediction(f"{name}.nan", f"slopes {where} that are NaN", 1, "IEEE 754: ∞ · 0"))
    else:  # as a number, it says that it is not NaN
        claim = "the slope there; on paper " + f"{rounded_losses.slope('bce_with_logits', *form[1:]):.6g}"
        found.append(Prediction(f"{name}.slope", claim, slope, "chain rule; PyTorch's BCELoss", **rounding))
    slack = {"atol": known, "because": f"a few spacings of {s.dtype}; BCELoss rounds its 1e-12 to float32"}
    claim = "z from which on it is NaN, or half of that on paper"
    return [*found, Prediction(f"{name}.edge", claim, edge, "IEEE 754; PyTorch's BCELoss", **slack)]


def edge_of(s: Settings) -> tuple[float, float]:
    """Where the program's slope is lost, and how well that is known."""
    edge = rounded_losses.edge(s.program, s.target, s.dtype)
    if math.isinf(edge):
        return edge, 0.0
    return edge, 4 * rounded_losses.spacing(edge, s.dtype) + 2.0**-23


def rounded(x: float, dtype: Format) -> float:
    """The number of the format that is nearest to x."""
    return float(torch.tensor(x, dtype=getattr(torch, dtype)))


def measure(case: Case[Settings]) -> dict[str, Quantity]:
    """What the program computes, and where it stops being right."""
    s = case.settings
    loss, slope = loss_and_slope(s.program, s.logit, s)
    return {"loss": loss, "nan": int(math.isnan(slope)), "slope": slope, "edge": find_edge(s)}


def loss_and_slope(program: str, logit: float, s: Settings) -> tuple[float, float]:
    """L and ∂L/∂z by autograd."""
    z = torch.tensor([logit], dtype=getattr(torch, s.dtype), requires_grad=True)
    loss: Tensor = PROGRAMS[program](z, torch.full_like(z, s.target))
    return float(loss.detach()), float(torch.autograd.grad(loss, z)[0])


def find_edge(s: Settings) -> float:
    """Bisect between 0 and a far mistake, until no number of the format lies between good and bad."""
    side = -1.0 if s.target else 1.0
    good, bad = 0.0, side * FARTHEST
    if is_right(bad, s):
        return side * math.inf
    while (z := rounded((good + bad) / 2, s.dtype)) not in (good, bad):
        good, bad = (z, bad) if is_right(z, s) else (good, z)
    return bad


def is_right(z: float, s: Settings) -> bool:
    """Whether the program's slope is half of the right one or more; NaN is not."""
    found, right = (abs(loss_and_slope(program, z, s)[1]) for program in (s.program, "bce_with_logits"))
    return found >= right / 2


def draw(cases: list[Case[Settings]]) -> Figure:
    """|∂L/∂z| of a mistake against how far out it is, for every case."""
    figure, (axes,) = panels("the slope of a mistake", width=9)
    for style, case in zip(styles(), cases, strict=False):
        s = case.settings
        far = [k / 2 for k in range(201)]
        z = [-x if s.target else x for x in far]
        measured = [abs(loss_and_slope(s.program, each, s)[1]) for each in z]
        predicted = [abs(rounded_losses.slope(s.program, each, s.target, s.dtype)) for each in z]
        label = f"{case.variant}: {s.program}, y = {s.target}, {s.dtype}"
        series = (list(zip(far, slopes, strict=True)) for slopes in (measured, predicted))
        compare(axes, label, style, *series)
    axes.set(xlabel="|z|, how certain the mistake is", ylabel="|∂L/∂z|")
    axes.set_yscale("symlog", linthresh=1e-24)
    axes.set(ylim=(-3e-25, 10), yticks=(0, 1e-24, 1e-18, 1e-12, 1e-6, 1))
    legend(
        figure, axes, "markers: measured; lines: predicted; a line that ends has turned into NaN", columns=2
    )
    return figure


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
