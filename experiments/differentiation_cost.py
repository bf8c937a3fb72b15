"""What does a derivative cost, and how long is its formula?

Law: for n inputs differences take n + 1 or 2n runs of the function, forward mode n, reverse mode as much as 2
or a few, whatever n; a formula of the derivative can be exponentially longer than the program.

A loss has one value and as many slopes as there are weights. To move one weight after another, or to carry
one direction at a time through the program, takes a run for each. Reverse mode starts from the one value: on
the way back it passes each step of the program once, and has all slopes in the end.

Symbolic differentiation is exact, and for short formulas readable. But by the chain rule a derivative repeats
what it is made of, written out again in each factor: of n sines inside each other, n(n + 1)/2 are left, and
of l ← 4l(1 − l), n times over, 2ⁿ terms. Autograd keeps every intermediate number once, and its graph has as
many nodes as the program has steps.

    python experiments/differentiation_cost.py

In TensorBoard, open Images: the cost of n slopes by four ways, and the length of a derivative, as a formula
and as the graph that autograd walks back.
Try  --only neuron --inputs 200  (201, 200, and still 2 runs),  or  --only sines --program logistic --length
10 (a formula of 1024 terms, a graph of 31 nodes).
"""

import functools
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

import sympy
import torch
from matplotlib.figure import Figure
from sympy.functions.elementary.trigonometric import TrigonometricFunction
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from zoo.differentiation import WAYS, Counted, Function, reverse_mode
from zoo.errors import InputError
from zoo.figures import compare, panels, styles
from zoo.measuring import Case, MeasurementCLI
from zoo.report import Report
from zoo.theory import counting
from zoo.theory.rounding import UNIT
from zoo.verdict import Prediction, Quantity

SAMPLES = 8  # behind the loss whose slopes are counted


@dataclass
class Settings:
    """A loss whose slopes are counted, or a program whose derivative is written out.

    Args:
        inputs: n, the weights of the loss; null to write out a derivative instead.
        program: sines inside each other, a product of all inputs, or steps l ← 4l(1 − l).
        length: how many sines, factors or steps it has.
    """

    inputs: int | None = 50
    program: counting.Program = "sines"
    length: int = 6

    def __post_init__(self) -> None:
        if self.inputs is not None and not 1 <= self.inputs <= 200:
            raise InputError(
                f"inputs is {self.inputs}; choose 1 to 200, or null, as most ways move one by one"
            )
        if not 2 <= self.length <= 10:
            raise InputError(f"length is {self.length}; choose 2 to 10, since a formula may double each time")


def main(args: list[str] | None = None) -> Report:
    """Predict, measure, judge."""
    cli = MeasurementCLI(__file__, Settings, args)
    cli.announce(p for case in cli.cases for p in predict(case))
    measured = cli.measure(measure)
    return cli.report(measured, {"cost": draw(cli.cases)})


def predict(case: Case[Settings]) -> list[Prediction]:
    """What the case is about: the cost of slopes, or the length of a derivative."""
    return predict_length(case) if case.settings.inputs is None else predict_cost(case, case.settings.inputs)


def measure(case: Case[Settings]) -> dict[str, Quantity]:
    """The same, counted."""
    s = case.settings
    return measure_length(s) if s.inputs is None else measure_cost(s.inputs)


def predict_cost(case: Case[Settings], n: int) -> list[Prediction]:
    """Runs of the loss for all n slopes, and that the cheapest of them are right."""
    name, source = case.variant, "Griewank & Walther 2008"
    claims: dict[counting.Way, str] = {
        "forward difference": f"runs of a loss for its {n} slopes, by forward differences",
        "forward mode": "in forward mode, each with the slope along one input",
        "reverse mode": f"in reverse mode, runs of as many FLOPs; the most of n = 1 to {n}",
    }
    found = [
        Prediction(f"{name}.{way.replace(' ', '_')}", claim, counting.evaluations(way, n), source)
        for way, claim in claims.items()
    ]
    error = {"atol": 2 * (n + SAMPLES) * UNIT, "because": "roundings of sums of n and of 8 terms"}
    claim = "largest error of reverse mode's slopes, as a share of the largest slope"
    return [*found, Prediction(f"{name}.error", claim, 0.0, "the chain rule", **error)]


def measure_cost(n: int) -> dict[str, Quantity]:
    """Runs and FLOPs, counted; and reverse mode's slopes against those by hand."""
    (loss, w, by_hand), counted = neuron(n), costs(n)
    found: dict[str, Quantity] = {way.replace(" ", "_"): max(runs.values()) for way, runs in counted.items()}
    error = (reverse_mode(loss, w, w) - by_hand).abs().max() / by_hand.abs().max()
    return found | {"error": float(error)}


def neuron(n: int) -> tuple[Function, Tensor, Tensor]:
    """A neuron's loss mean (t − y)², t = tanh(Xw); its n weights w; its slopes, 2/N Xᵀ(t − y)(1 − t²)."""
    x, y, w = (torch.randn(*shape, dtype=torch.float64) for shape in ((SAMPLES, n), (SAMPLES, 1), (n,)))
    w /= n**0.5
    t = torch.tanh(x @ w[:, None])
    by_hand = 2 / SAMPLES * x.T @ ((t - y) * (1 - t**2))
    return lambda w: ((torch.tanh(x @ w[:, None]) - y) ** 2).mean(), w, by_hand[:, 0]


def costs(most: int) -> dict[counting.Way, dict[int, float]]:
    """Way → n → runs of the loss for its n slopes, up to n = most; for reverse mode from its FLOPs."""
    found: dict[counting.Way, dict[int, float]] = {way: {} for way in get_args(counting.Way)}
    for n in sorted({k for k in (1, 2, 5, 10, 20, 50, 100) if k < most} | {most}):
        loss, w, _ = neuron(n)
        for way, runs in found.items():
            if way == "reverse mode":  # called once, but there and back: FLOPs tell what back has cost
                runs[n] = flops(reverse_mode, loss, w, w) / flops(loss, w)
                continue
            counted = Counted(loss)
            WAYS[way](counted, w, torch.tensor(1e-6))
            runs[n] = counted.calls
    return found


def flops(run: Callable[..., Any], *arguments: Any) -> int:
    """The multiplications and additions of matrix products."""
    with FlopCounterMode(display=False) as counter:
        run(*arguments)
    return counter.get_total_flops()


def predict_length(case: Case[Settings]) -> list[Prediction]:
    """The derivative written out, against the steps that reverse mode takes back."""
    s, source = case.settings, "Speelpenning 1980; Baydin et al. 2018"
    subject, parts = {
        "sines": ("sines inside each other", "sines and cosines"),
        "product": ("factors", "multiplications"),
        "logistic": ("steps l ← 4l(1 − l)", "terms"),
    }[s.program]
    claim = f"{s.length} {subject}: {parts} in the derivative, written out"
    symbols, nodes = counting.symbolic_length(s.program, s.length), counting.graph_nodes(s.program, s.length)
    return [
        Prediction(f"{case.variant}.symbolic", claim, symbols, source),
        Prediction(f"{case.variant}.graph", "nodes of autograd's graph, inputs included", nodes, "counted"),
    ]


def measure_length(s: Settings) -> dict[str, Quantity]:
    """What sympy writes, and what torch remembers."""
    return {"symbolic": written_out(s.program, s.length), "graph": graph(s.program, s.length)}


def run_program(program: counting.Program, length: int, inputs: list[Any], sin: Function) -> Any:
    """Sines inside each other, a product, or steps l ← 4l(1 − l); of numbers or of symbols."""
    if program == "product":
        return functools.reduce(operator.mul, inputs)
    y = inputs[0]
    for _ in range(length):
        y = sin(y) if program == "sines" else 4 * y * (1 - y)
    return y


def written_out(program: counting.Program, length: int) -> int:
    """The sines and cosines, multiplications, or terms of the derivative."""
    x = sympy.symbols(f"x:{length}")
    if program == "logistic":
        return len(run_program(program, length, [sympy.Poly(x[0])], sympy.sin).diff().terms())
    y = run_program(program, length, x, sympy.sin)
    if program == "product":
        return sum(int(sympy.count_ops(y.diff(factor))) for factor in x)
    return int(y.diff(x[0]).count(TrigonometricFunction))


def graph(program: counting.Program, length: int) -> int:
    """The nodes of autograd's graph: the steps that reverse mode takes back, inputs included."""
    inputs = [torch.tensor(0.3, requires_grad=True) for _ in range(length if program == "product" else 1)]
    found, waiting = set(), [run_program(program, length, inputs, torch.sin).grad_fn]
    while waiting:
        node = waiting.pop()
        if node is not None and node not in found:
            found.add(node)
            waiting += [before for before, _ in node.next_functions]
    return len(found)


def draw(cases: list[Case[Settings]]) -> Figure:
    """Cost against n, and length against the size of the program."""
    figure, (left, right) = panels("cost of n slopes", "length of a derivative")
    for case in (case for case in cases if case.settings.inputs):
        for style, (way, runs) in zip(styles(), costs(case.settings.inputs).items(), strict=False):
            compare(left, way, style, list(runs.items()), [(n, counting.evaluations(way, n)) for n in runs])
    programs = [case.settings for case in cases if case.settings.inputs is None]
    kinds = (("formula", written_out, counting.symbolic_length), ("graph", graph, counting.graph_nodes))
    series = [(s, *kind) for s in programs for kind in kinds]
    for style, (s, label, count, law) in zip(styles(), series, strict=False):
        measured, predicted = ([(n, of(s.program, n)) for n in range(2, s.length + 1)] for of in (count, law))
        compare(right, f"{s.program}, {label}", style, measured, predicted)
    left.set(xlabel="inputs n", ylabel="cost, in runs of the loss", xscale="log", yscale="log")
    right.set(
        xlabel="sines, factors or steps", ylabel="sines, multiplications, terms; or nodes", yscale="log"
    )
    for axes in (left, right):
        if axes.lines:
            axes.legend(fontsize="small", title="markers: counted; lines: predicted")
    return figure


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
