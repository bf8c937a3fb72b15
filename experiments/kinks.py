"""What does autograd answer where a function has no derivative?

Law: at a kink the generalized gradient (Clarke's) is every number between the slopes on its two sides, and
each step of a program has one of them by rule; where steps are combined, the answer may be none, or NaN.

max(x, 0) is flat on the left of 0 and rises by 1 for 1 on the right. At 0 itself there is no tangent, or
there are many: any line through 0 with a slope from 0 to 1 stays below the curve. Autograd never looks at the
curve. It applies rules to the steps of a program, and each step has a rule for its kink: three spellings of
one function have the slopes 0, ½ and 1. It hardly matters, since few sums are exactly 0, and 0.001 beside the
kink all are right. It can matter where steps are combined. relu(x) − relu(−x) is x, with the slope 1, and
autograd says 0. where(x > 0, √x, 0) is 0 at 0, but the branch not taken has an infinite slope, and 0 · ∞ is
NaN: not a number. The mend is to keep that branch's own input away from 0: then the answer is 0, the slope of
the branch that is taken. leaky_relu (0.01x below 0), elu (2(eˣ − 1) below 0) and |x| have kinks, too. In the
runs x = wu: a weight w comes before the kink, and multiplies slopes and answers alike.

    python experiments/kinks.py

In TensorBoard, open Images: the cone of max(x, 0)'s subgradients, three of them answers; and every program's.
Try  --only relu,maximum,where --weight -2  (now f falls, by −2 on the left; the answers are 0, −1 and −2),
or  --only root --program safe_root  (the same function, mended).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from matplotlib.figure import Figure
from torch import Tensor
from torch.nn import functional as F

from zoo.errors import InputError
from zoo.figures import COLOURS, panels, styles
from zoo.measuring import Case, MeasurementCLI
from zoo.report import Report
from zoo.theory.rounding import UNIT
from zoo.verdict import Prediction, Quantity

ProgramName = Literal["relu", "maximum", "where", "leaky_relu", "abs", "elu", "identity", "root", "safe_root"]
PROGRAMS: dict[ProgramName, tuple[str, Callable[[Tensor], Tensor]]] = {
    "relu": ("relu(x)", torch.relu),
    "maximum": ("maximum(x, 0)", lambda x: torch.maximum(x, torch.zeros_like(x))),
    "where": ("where(x ≥ 0, x, 0)", lambda x: torch.where(x >= 0, x, 0)),
    "leaky_relu": ("leaky_relu(x, 0.01)", lambda x: F.leaky_relu(x, 0.01)),
    "abs": ("abs(x)", torch.abs),
    "elu": ("elu(x), α = 2", lambda x: F.elu(x, alpha=2.0)),
    "identity": ("relu(x) − relu(−x)", lambda x: torch.relu(x) - torch.relu(-x)),
    "root": ("where(x > 0, √x, 0)", lambda x: torch.where(x > 0, x.sqrt(), 0)),
    "safe_root": ("where(x > 0, √(…), 0)", lambda x: torch.where(x > 0, torch.where(x > 0, x, 1).sqrt(), 0)),
}
# What PyTorch's rules make of x = 0: of single steps a subgradient, of combined ones whatever comes out.
STEPS: dict[str, float] = {"relu": 0, "maximum": 0.5, "where": 1, "leaky_relu": 0.01, "abs": 0, "elu": 2}
ANSWERS = STEPS | {"identity": 0, "safe_root": 0}  # and root's is NaN
SIDES = {"relu": (0.0, 1.0), "identity": (1.0, 1.0)}  # slopes left and right of 0, of max(x, 0) and of x
BESIDE = 1e-3  # how far from the kink autograd is asked again
H = 2.0**-20  # of quotients; a power of 2, so that where f is straight they are exact


@dataclass
class Settings:
    """A program, and what comes before it.

    Args:
        program: f, with its kink at x = 0.
        weight: w; x = wu, and slopes are those along u.
    """

    program: ProgramName = "relu"
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not 0.01 <= abs(self.weight) <= 100:
            raise InputError(f"weight is {self.weight}; choose 0.01 to 100, or -100 to -0.01")

    def f(self, u: Tensor) -> Tensor:
        """f(wu)."""
        return PROGRAMS[self.program][1](self.weight * u)


def main(args: list[str] | None = None) -> Report:
    """Predict, measure, judge."""
    cli = MeasurementCLI(__file__, Settings, args)
    steps = [case for case in cli.cases if case.settings.program in STEPS]
    cli.announce([p for case in cli.cases for p in predict(case)] + predict_together(steps))
    measured = cli.measure(measure)
    of_steps = [measured[case.variant] for case in steps]
    largest = {key: max((found[key] for found in of_steps), default=0) for key in ("outside", "beside")}
    together = {"together": {**measured.get("together", {}), **largest}}
    return cli.report(measured | together, {"kinks": draw(cli.cases)})


def predict(case: Case[Settings]) -> list[Prediction]:
    """Autograd's answer; and of max(x, 0) and x the slopes on both sides."""
    s, name, found = case.settings, case.variant, []
    if s.program in SIDES:
        left, right = SIDES[s.program] if s.weight > 0 else SIDES[s.program][::-1]
        found.append(Prediction(f"{name}.left", "f's slope left of 0", s.weight * left + 0.0, "by hand"))
        found.append(Prediction(f"{name}.right", "f's slope right of 0", s.weight * right + 0.0, "by hand"))
    if s.program == "root":
        return [Prediction(f"{name}.nan", "answers at 0 that are NaN", 1, "0 · ∞; Kakade & Lee 2018")]
    source = "PyTorch; Bolte & Pauwels 2020" if s.program in STEPS else "Kakade & Lee 2018"
    claim, answer = f"autograd at 0 of {PROGRAMS[s.program][0]}", s.weight * ANSWERS[s.program] + 0.0
    return [*found, Prediction(f"{name}.answer", claim, answer, source)]


def predict_together(steps: list[Case[Settings]]) -> list[Prediction]:
    """At the kink the answers of single steps lie between two slopes; beside it there is but one."""
    w = max((abs(case.settings.weight) for case in steps), default=0.0)
    because = "elu bends by w²h, beside 0 by w³h²/3; and roundings are divided by h"
    slack = {"atol": w**2 * H + 16 * UNIT * (1 + w) / H, "because": because}
    outside = "farthest that a step's answer at 0 lies outside of the slopes of both sides"
    beside = f"largest |autograd − slope by values| of a step at u = ±{BESIDE:g}"
    claims = (("outside", outside, 0.0, "Clarke 1983"), ("beside", beside, 0.0, "the chain rule"))
    return [Prediction(f"together.{key}", *claim, **slack) for key, *claim in claims if steps]


def measure(case: Case[Settings]) -> dict[str, Quantity]:
    """What f's values say of both sides, what autograd says, and how far off it is, at 0 and beside."""
    s = case.settings
    (left, right), answer = sides(s), by_autograd(s, 0.0)
    return {
        "left": left,
        "right": right,
        "answer": answer,
        "nan": int(answer != answer),
        "outside": max(min(left, right) - answer, answer - max(left, right), 0.0),
        "beside": max(abs(by_autograd(s, u) - quotient(s, u - H, u + H)) for u in (-BESIDE, BESIDE)),
    }


def sides(s: Settings) -> tuple[float, float]:
    """The slopes of f on the left and on the right of 0, by its values."""
    return quotient(s, -H, 0.0), quotient(s, 0.0, H)


def quotient(s: Settings, a: float, b: float) -> float:
    """(f(b) − f(a)) / (b − a)."""
    lower, upper = s.f(torch.tensor([a, b], dtype=torch.float64)).tolist()
    return float((upper - lower) / (b - a))


def by_autograd(s: Settings, u: float) -> float:
    """The slope at u, as autograd has it."""
    at = torch.tensor(u, dtype=torch.float64, requires_grad=True)
    return float(torch.autograd.grad(s.f(at), at)[0]) + 0.0  # + 0.0: no "-0"


def draw(cases: list[Case[Settings]]) -> Figure:
    """max(x, 0) with its cone of subgradients and the answers; slopes and answer of every program."""
    figure, (left, right) = panels("max(x, 0) and its subgradients", "slopes of both sides, and answers")
    u = torch.linspace(-1, 1, 101, dtype=torch.float64)
    weight = cases[0].settings.weight
    left.fill_between(u, 0 * u, weight * u, color="0.9", label=f"slopes from 0 to {weight:g}")
    left.plot(u, torch.relu(weight * u), color="black", linewidth=2)
    for name, colour in zip(("relu", "maximum", "where"), COLOURS, strict=False):
        slope = by_autograd(Settings(name, weight), 0.0)
        left.plot(u, slope * u, "--", color=colour, label=f"{PROGRAMS[name][0]}: {slope:g}")
    left.set(xlabel="x", ylabel="f(x)")
    left.legend(fontsize="small")
    for k, (style, case) in enumerate(zip(styles(), cases, strict=False)):
        answer = by_autograd(case.settings, 0.0)
        right.plot([k, k], sides(case.settings), "_-", color="0.7", linewidth=7, markersize=14)
        right.plot(k, answer, markersize=7, linestyle="", **style)
        if answer != answer:
            right.text(k, -0.2, "answer: NaN", rotation=90, ha="center", va="top", fontsize="small")
    most = 2.5 * max(abs(case.settings.weight) for case in cases)  # a quotient of √x can be anything
    right.set(ylim=(-most, most), ylabel="grey: slopes of both sides; marker: autograd at 0")
    right.set_xticks(range(len(cases)), [case.variant for case in cases], rotation=45, ha="right")
    return figure


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
