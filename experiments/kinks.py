"""What does autograd answer where a function has no derivative?

Law: at a kink every number between the slopes on its two sides is a subgradient, and each program has one of
them; or, where it subtracts or branches, a number that is none.

max(x, 0) is flat on the left of 0 and rises by 1 for 1 on the right. At 0 itself there is no tangent, or
there are many: any line with a slope from 0 to 1 lies below the curve. Autograd never looks at the curve. It
applies rules to the steps of a program, and each step has a rule for its kink. That is why three spellings of
one function have the slopes 0, ½ and 1. It hardly matters, since no weight stays exactly on a kink.

It can matter where programs combine steps. relu(x) − relu(−x) is x, with the slope 1 everywhere, and autograd
says 0 at 0. where(x > 0, √x, 0) is 0 at 0, but the branch that is not taken has an infinite slope there, and
0 · ∞ is NaN: not a number. The mend is to keep that branch's own input away from 0.

    python experiments/kinks.py

In TensorBoard, open Images: max(x, 0) with the lines that its subgradients are, and each program's answer.
Try  --only relu --point 0.5  (away from the kink both sides agree, and autograd with them),  or  --only
leaky_relu --point -2  (slope 0.01 on both sides).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from matplotlib.figure import Figure
from torch import Tensor
from torch.nn import functional as F

from zoo.errors import InputError
from zoo.figures import legend, panels, styles
from zoo.measuring import Case, MeasurementCLI
from zoo.report import Report
from zoo.theory.rounding import UNIT
from zoo.verdict import Prediction, Quantity

ProgramName = Literal["relu", "maximum", "where", "leaky_relu", "abs", "elu", "identity", "root", "safe_root"]
STEP = 2.0**-20  # a power of 2, so that nothing rounds where a function is a straight line

PROGRAMS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu,
    "maximum": lambda x: torch.maximum(x, torch.zeros_like(x)),
    "where": lambda x: torch.where(x >= 0, x, 0),
    "leaky_relu": lambda x: F.leaky_relu(x, 0.01),
    "abs": torch.abs,
    "elu": lambda x: F.elu(x, alpha=2.0),
    "identity": lambda x: torch.relu(x) - torch.relu(-x),
    "root": lambda x: torch.where(x > 0, x.sqrt(), 0),
    "safe_root": lambda x: torch.where(x > 0, torch.where(x > 0, x, 1).sqrt(), 0),
}
# By hand: f′ left of 0 and right of 0, as far from it as x is, and what PyTorch's rules make of x = 0.
LEFT: dict[str, Callable[[float], float]] = {
    "leaky_relu": lambda x: 0.01,
    "abs": lambda x: -1.0,
    "elu": lambda x: 2 * float(torch.tensor(x, dtype=torch.float64).exp()),
    "identity": lambda x: 1.0,
}
RIGHT: dict[str, Callable[[float], float]] = {
    "root": lambda x: 0.5 / x**0.5,
    "safe_root": lambda x: 0.5 / x**0.5,
}
AT_KINK = {"relu": 0.0, "maximum": 0.5, "where": 1.0, "leaky_relu": 0.01, "abs": 0.0, "elu": 2.0}
AT_KINK |= {"identity": 0.0, "safe_root": 0.0}  # and root has none: NaN
NO_SUBGRADIENT = ("identity", "root", "safe_root")  # what they answer at 0 is no slope of f


@dataclass
class Settings:
    """A program, and the point at which it is differentiated.

    Args:
        program: relu, maximum(x, 0), where(x ≥ 0, x, 0), leaky_relu and abs; elu with α = 2; relu(x) −
            relu(−x); where(x > 0, √x, 0), and the same with a safe input of its root.
        point: x; 0 is the kink.
    """

    program: ProgramName = "relu"
    point: float = 0.0

    def __post_init__(self) -> None:
        if self.point and not 0.1 <= abs(self.point) <= 10:
            raise InputError(f"point is {self.point}; choose 0, or 0.1 to 10 on either side")


def main(args: list[str] | None = None) -> Report:
    """Predict, measure, judge."""
    cli = MeasurementCLI(__file__, Settings, args)
    cli.announce(p for case in cli.cases for p in predict(case))
    measured = cli.measure(measure)
    return cli.report(measured, {"kinks": draw(cli.cases)})


def predict(case: Case[Settings]) -> list[Prediction]:
    """The slopes on both sides, and autograd's answer."""
    s, name = case.settings, case.variant
    left, right = slopes(s)
    bend = {"atol": 4 * STEP * (1 + abs(right)) + 16 * UNIT / STEP, "because": "f″ h, and rounding over h"}
    found = [Prediction(f"{name}.left", f"slope of {s.program} on the left", left, "by hand", **bend)]
    if s.point or s.program not in ("root", "safe_root"):  # √x has no slope at 0, on the right
        found.append(Prediction(f"{name}.right", "on the right", right, "by hand", **bend))
    where = f"autograd at x = {s.point:g}"
    if s.program == "root" and s.point <= 0:
        claim = f"answers that are NaN of {where}"
        return [*found, Prediction(f"{name}.nan", claim, 1, "0 · ∞; Kakade & Lee 2018")]
    if s.point:
        rounding = {"atol": 16 * UNIT * (1 + abs(right)), "because": "a few roundings in float64"}
        return [*found, Prediction(f"{name}.answer", where, right, "by hand", **rounding)]
    source = "Kakade & Lee 2018" if s.program in NO_SUBGRADIENT else "PyTorch; Bolte & Pauwels 2020"
    found.append(Prediction(f"{name}.answer", where, AT_KINK[s.program], source))
    if s.program not in NO_SUBGRADIENT:
        claim = "how far that is outside of the slopes of both sides"
        found.append(Prediction(f"{name}.outside", claim, 0.0, "Bolte & Pauwels 2020", **bend))
    return found


def slopes(s: Settings) -> tuple[float, float]:
    """f′ just left and just right of the point, by hand."""
    left = LEFT.get(s.program, lambda x: 0.0)
    right = RIGHT.get(s.program, lambda x: 1.0)
    if s.point < 0:
        return left(s.point), left(s.point)
    if s.point > 0:
        return right(s.point), right(s.point)
    return left(0.0), 1.0 if s.program in RIGHT else right(0.0)


def measure(case: Case[Settings]) -> dict[str, Quantity]:
    """What f's values say of both sides, and what autograd says."""
    s = case.settings
    x = torch.tensor([s.point - STEP, s.point, s.point + STEP], dtype=torch.float64)
    lower, here, upper = PROGRAMS[s.program](x).tolist()
    left, right, answer = (here - lower) / STEP, (upper - here) / STEP, by_autograd(s)
    outside = max(min(left, right) - answer, answer - max(left, right), 0.0)
    found: dict[str, Quantity] = {"left": left, "right": right, "answer": answer, "outside": outside}
    return found | {"nan": int(answer != answer)}


def by_autograd(s: Settings) -> float:
    """f′ at the point, as autograd has it."""
    x = torch.tensor(s.point, dtype=torch.float64, requires_grad=True)
    return float(torch.autograd.grad(PROGRAMS[s.program](x), x)[0])


def draw(cases: list[Case[Settings]]) -> Figure:
    """max(x, 0) and lines below it, and what each program answers."""
    figure, (left, right) = panels("max(x, 0), and lines that lie below it", "answers at the point")
    x = torch.linspace(-1, 1, 101, dtype=torch.float64)
    for slope in (0.0, 0.25, 0.5, 0.75, 1.0):
        left.plot(x, slope * x, color="0.8", linewidth=1)
    left.plot(x, torch.relu(x), color="black")
    for k, (style, case) in enumerate(zip(styles(), cases, strict=False)):
        right.plot([k, k], slopes(case.settings), color="0.8", linewidth=6, solid_capstyle="butt")
        right.plot(k, by_autograd(case.settings), markersize=7, label=case.variant, **style, linestyle="")
    left.set(xlabel="x", ylabel="f(x)")
    right.set(ylabel="slope", xticks=range(len(cases)))
    right.set_xticklabels([case.variant for case in cases], rotation=45, ha="right", fontsize="small")
    legend(
        figure,
        right,
        "grey: from the slope on the left to that on the right; markers: autograd (NaN has none)",
    )
    return figure


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
