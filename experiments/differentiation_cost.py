"""What does a derivative cost, and how long is its formula?

Law: for n slopes of one loss, differences take n + 1 or 2n runs, forward mode n, reverse mode as much as a
few, whatever n; and the formula of a derivative can be exponentially longer than the program.

A loss has one value and as many slopes as there are weights. To move one weight after another, or to carry
one direction at a time through the program, takes a run for each. Reverse mode starts from the one value: on
the way back it passes each step of the program once, and has all slopes in the end.

Symbolic differentiation is exact, and for short formulas readable. But by the chain rule a derivative repeats
what it is made of, written out again in each factor: of n sines inside each other, n(n + 1)/2 are left, and
of l ← 4l(1 − l), n times over, 2ⁿ terms. Autograd keeps every intermediate number once, and its graph has as
many nodes as the program has steps. That is enough to find what all the terms add up to.

    python experiments/differentiation_cost.py

In TensorBoard, open Images: the cost of n slopes by four ways, and the length of a derivative, as a formula
and as the graph that autograd walks back.
Try  --only neuron --size 200  (201, 400 and 200 runs, and still 2),  or  --only sines,product --size 10  (55
sines and cosines, 80 multiplications; graphs of 11 and 19 nodes).
"""

import functools
import operator
from dataclasses import dataclass
from typing import Any, Literal, get_args

import sympy
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sympy.functions.elementary.trigonometric import TrigonometricFunction

from zoo.differentiation import WAYS, Counted, Function, flops, nodes, reverse_mode
from zoo.errors import InputError
from zoo.figures import compare, panels, styles
from zoo.measuring import Case, MeasurementCLI
from zoo.report import Report
from zoo.theory import counting
from zoo.theory.rounding import UNIT
from zoo.verdict import Prediction, Quantity

SAMPLES = 8  # N, which the neuron sees
POINT = 0.3  # x, where programs are run
ONE_BY_ONE: tuple[counting.Way, ...] = ("forward difference", "central difference", "forward mode")


@dataclass
class Settings:
    """What is differentiated, and how large it is.

    Args:
        program: the loss of a neuron, whose slopes are counted; or sines inside each other, a product of all
            inputs, or steps l ← 4l(1 − l), whose derivatives are written out.
        size: n: how many weights, sines, factors or steps.
    """

    program: Literal["neuron", "sines", "product", "logistic"] = "neuron"
    size: int = 50

    def __post_init__(self) -> None:
        least, most = (1, 200) if self.program == "neuron" else (2, 10)
        if not least <= self.size <= most:
            raise InputError(f"size is {self.size}; choose {least} to {most} for {self.program}")


def main(args: list[str] | None = None) -> Report:
    """Predict, measure, judge."""
    cli = MeasurementCLI(__file__, Settings, args)
    cli.announce(p for case in cli.cases for p in predict(case))
    measured = cli.measure(measure)
    return cli.report(measured, {"cost": draw(cli.cases)})


def predict(case: Case[Settings]) -> list[Prediction]:
    """What the case is about: the cost of slopes, or the length of a derivative."""
    return predict_cost(case) if case.settings.program == "neuron" else predict_length(case)


def measure(case: Case[Settings]) -> dict[str, Quantity]:
    """The same, counted."""
    s = case.settings
    return measure_cost(s.size) if s.program == "neuron" else measure_length(s.program, s.size)


def predict_cost(case: Case[Settings]) -> list[Prediction]:
    """Runs of the loss for all n slopes, and that the cheapest of them are right."""
    n, name, source = case.settings.size, case.variant, "Griewank & Walther 2008"
    claims: dict[counting.Way, str] = {
        "forward difference": f"runs of the loss for its {n} slopes, by forward differences",
        "central difference": "by central differences",
        "forward mode": "in forward mode, each carrying the slope along one input as well",
        "reverse mode": f"in reverse mode, in FLOPs; the most of n = {', '.join(map(str, sizes(n)))}",
    }
    found = [
        Prediction(f"{name}.{way.replace(' ', '_')}", claim, counting.evaluations(way, n), source)
        for way, claim in claims.items()
    ]
    if fewer := sizes(n)[:-1]:
        claim = f"of the first three, largest |runs − law| at n = {', '.join(map(str, fewer))}"
        found.append(Prediction(f"{name}.fewer", claim, 0, source))
    error = {
        "atol": 2 * (SAMPLES + 8) * UNIT,
        "because": "roundings of a sum of 8 terms, and of each of them",
    }
    claim = "largest error of reverse mode's slopes, as a share of the terms they add up"
    return [*found, Prediction(f"{name}.error", claim, 0.0, "the chain rule", **error)]


def measure_cost(n: int) -> dict[str, Quantity]:
    """Runs and FLOPs, counted; and reverse mode's slopes against those by hand."""
    found: dict[str, Quantity] = {way.replace(" ", "_"): runs(way, n) for way in ONE_BY_ONE}
    off = [abs(runs(way, k) - counting.evaluations(way, k)) for way in ONE_BY_ONE for k in sizes(n)[:-1]]
    loss, w, terms = neuron(n)
    error = ((reverse_mode(loss, w, w) - terms.sum(dim=0)).abs() / terms.abs().sum(dim=0)).max()
    most = max(runs("reverse mode", k) for k in sizes(n))
    return found | {"fewer": max(off, default=0), "reverse_mode": most, "error": float(error)}


def sizes(n: int) -> list[int]:
    """n, and some that are smaller."""
    return [k for k in (1, 2, 5, 10, 20, 50, 100) if k < n] + [n]


def neuron(n: int) -> tuple[Function, torch.Tensor, torch.Tensor]:
    """A neuron's loss mean (t − y)², t = tanh(Xw); its n weights; 2/N x(t − y)(1 − t²) of N samples."""
    x, y, w = (torch.randn(*shape, dtype=torch.float64) for shape in ((SAMPLES, n), (SAMPLES, 1), (n,)))
    w /= n**0.5
    t = torch.tanh(x @ w[:, None])
    terms = 2 / SAMPLES * x * ((t - y) * (1 - t**2))
    return lambda w: ((torch.tanh(x @ w[:, None]) - y) ** 2).mean(), w, terms


def runs(way: counting.Way, n: int) -> float:
    """Of the loss, for its n slopes: calls; of reverse mode, which calls it once, there and back, FLOPs."""
    loss, w, _ = neuron(n)
    if way == "reverse mode":
        return flops(reverse_mode, loss, w, w) / flops(loss, w)
    counted = Counted(loss)
    WAYS[way](counted, w, torch.tensor(1e-6))
    return counted.calls


def predict_length(case: Case[Settings]) -> list[Prediction]:
    """The derivative written out, against the steps that reverse mode takes back."""
    program, n, name = case.settings.program, case.settings.size, case.variant
    written, source = {
        "sines": (f"sines and cosines in the derivative of {n} nested sines", "Baydin et al. 2018"),
        "product": (f"multiplications in the slopes of a product of {n}", "Speelpenning 1980"),
        "logistic": (f"terms in the derivative of {n} steps l ← 4l(1 − l)", "Baydin et al. 2018"),
    }[program]
    kept, steps = "nodes of autograd's graph, inputs included", counting.graph_nodes(program, n)
    found = [
        Prediction(f"{name}.symbolic", written, counting.symbolic_length(program, n), source),
        Prediction(f"{name}.graph", kept, steps, "counted"),
    ]
    if program == "logistic":
        slope, claim = counting.logistic_slope(n, POINT), f"the slope at x = {POINT}, in reverse mode"
        rounding = {"rtol": 64 * 2**n * UNIT, "because": "roundings of every step, doubled by each one later"}
        found.append(Prediction(f"{name}.slope", claim, slope, "2ⁿ sin(2ⁿ⁺¹θ)/sin 2θ, x = sin²θ", **rounding))
    return found


def measure_length(program: counting.Program, n: int) -> dict[str, Quantity]:
    """What sympy writes, what torch remembers, and what it makes of that."""
    x = [torch.tensor(POINT, dtype=torch.float64, requires_grad=True) for _ in range(n)]
    slope = torch.autograd.grad(run_program(program, n, x, torch.sin), x[0])[0]
    return {"symbolic": written_out(program, n), "graph": graph(program, n), "slope": float(slope)}


def run_program(program: counting.Program, n: int, inputs: list[Any], sin: Function) -> Any:
    """Sines inside each other, a product, or steps l ← 4l(1 − l); of numbers or of symbols."""
    if program == "product":
        return functools.reduce(operator.mul, inputs)
    y = inputs[0]
    for _ in range(n):
        y = sin(y) if program == "sines" else 4 * y * (1 - y)
    return y


def written_out(program: counting.Program, n: int) -> int:
    """The sines and cosines, multiplications, or terms of the derivative."""
    x = sympy.symbols(f"x:{n}")
    if program == "logistic":
        return len(run_program(program, n, [sympy.Poly(x[0])], sympy.sin).diff().terms())
    y = run_program(program, n, x, sympy.sin)
    if program == "product":
        return sum(int(sympy.count_ops(y.diff(factor))) for factor in x)
    return int(y.diff(x[0]).count(TrigonometricFunction))


def graph(program: counting.Program, n: int) -> int:
    """The nodes of autograd's graph: the steps that reverse mode takes back, inputs included."""
    x = [torch.tensor(POINT, requires_grad=True) for _ in range(n)]
    return nodes(run_program(program, n, x, torch.sin))


def draw(cases: list[Case[Settings]]) -> Figure:
    """Cost against n, and length against the size of the program."""
    figure, (left, right) = panels("cost of n slopes", "length of a derivative")
    lengths = (("formula", written_out, counting.symbolic_length), ("graph", graph, counting.graph_nodes))
    style = styles()
    for program, n in ((case.settings.program, case.settings.size) for case in cases):
        if program == "neuron":
            for one, way in zip(styles(), get_args(counting.Way), strict=False):
                both = ([(k, of(way, k)) for k in sizes(n)] for of in (runs, counting.evaluations))
                compare(left, way, one, *both)
            continue
        for label, *counts in lengths:
            both = ([(k, of(program, k)) for k in range(2, n + 1)] for of in counts)
            compare(right, f"{program}, {label}", next(style), *both)
    left.set(
        xlabel="inputs n",
        ylabel="runs of the loss; of reverse mode, FLOPs of as many",
        xscale="log",
        yscale="log",
    )
    right.set(xlabel="sines, factors or steps n", ylabel="sines, multiplications or terms; nodes")
    right.set_yscale("symlog", linthresh=3)
    for axes in filter(Axes.has_data, (left, right)):
        axes.legend(fontsize="small", title="markers: counted; lines: predicted", title_fontsize="small")
    return figure


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
