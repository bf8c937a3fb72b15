"""How does a computer find a derivative, and what does each way cost?

Law: a difference quotient is off by a hᵖ + b/h, p = 1 one-sided or 2 central, and takes n + 1 or 2n runs for
n inputs; automatic differentiation is off by roundings, and in reverse mode costs 2 runs whatever n.

Numerical: move x by h and see what f does. If h is large the bend of the curve makes an error, a hᵖ with a =
|f″|/2 or |f‴|/6. If h is small two nearly equal numbers are subtracted, and what roundings have left of them
is divided by h: b/h with b = 2u|f| or u|f|, where u = 1.1e-16 in float64. Half of the digits are right at
best, or two thirds in the central difference, which moves to both sides. (An imaginary h subtracts nothing,
and loses nothing.) Symbolic: rewrite the formula. That is exact, but the formula of f′ can be far longer than
that of f. Automatic: run the program and apply the chain rule to each of its steps, from the input on
(forward mode) or from the output back (reverse mode: backpropagation). That is exact too, no formula grows,
and on the way back one pass finds all n slopes.

What is differentiated is the program, not the function. At a kink, programs for one function have the slopes
0, ½ and 1, and a branch that was not taken can make a slope NaN.

    python experiments/automatic_differentiation.py

In TensorBoard, open Images: the error against h, a V that the law draws, with a star at its best h; the cost
of n slopes; and the length of a derivative, as a formula and as the graph that autograd walks back.
Try  --only exp --function sigmoid --point -2  (another V, the same law),  or  --only sines --program logistic
--length 10  (a formula of 1024 terms, a graph of 31 nodes).
"""

import functools
import math
import operator
import statistics
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

import sympy
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.table import Table
from sympy.functions.elementary.trigonometric import TrigonometricFunction
from torch import Tensor
from torch.nn.functional import max_pool1d
from torch.utils.flop_counter import FlopCounterMode

from zoo.errors import InputError
from zoo.figures import compare, legend, panels, styles
from zoo.measuring import Case, MeasurementCLI
from zoo.report import Report
from zoo.theory import counting, differences
from zoo.verdict import Prediction, Quantity

Function = Callable[[Any], Any]
Series = tuple[str, list[tuple[float, float]], list[tuple[float, float]]]  # label, measured, predicted
FORMULAS: dict[str, Callable[[Any, Any], Any]] = {  # m is torch for numbers, sympy for a symbol
    "exp": lambda m, x: m.exp(x),
    "sin": lambda m, x: m.sin(x),
    "sigmoid": lambda m, x: 1 / (1 + m.exp(-x)),
    "cubed_bowl": lambda m, x: (x**2 + 1) ** 3,
}
KINKS: dict[str, list[Function]] = {  # what is differentiated at 0
    "spellings": [
        torch.relu,
        lambda x: torch.maximum(x, torch.zeros(1)),
        lambda x: torch.where(x >= 0, x, 0),
    ],
    "identity": [lambda x: torch.relu(x) - torch.relu(-x)],
    "root": [lambda x: torch.where(x > 0, x.sqrt(), 0)],
    "safe_root": [lambda x: torch.where(x > 0, torch.where(x > 0, x, 1).sqrt(), 0)],
}
SAMPLES = 8  # behind the loss whose slopes are counted
PER_DECADE = 40  # steps h
AROUND = PER_DECADE // 4  # to both sides: one h alone can be lucky, and be off by 0


@dataclass
class Settings:
    """What is differentiated, and what is asked about it.

    Args:
        question: how far off six ways are, what many inputs cost, how long a derivative is, or which numbers
            programs give that stand for the same function.
        function: f, where errors are asked for.
        point: x, there.
        precision: the numbers that f is computed in, there.
        inputs: n, where the cost is asked for.
        program: what is differentiated, where the length is asked for.
        length: how many sines, factors or steps it has.
    """

    question: Literal["errors", "cost", "length", "programs"] = "errors"
    function: differences.FunctionName = "exp"
    point: float = 1.0
    precision: differences.Precision = "float64"
    inputs: int = 50
    program: counting.Program = "sines"
    length: int = 6

    def __post_init__(self) -> None:
        if abs(self.point) > 4:
            raise InputError(f"point is {self.point}; choose -4 to 4")
        if not 1 <= self.inputs <= 200:
            raise InputError(f"inputs is {self.inputs}; choose 1 to 200, as most ways move one by one")
        if not 2 <= self.length <= 10:
            raise InputError(f"length is {self.length}; choose 2 to 10, since a formula may double each time")

    def f(self, x: Any) -> Any:
        """The function, of numbers or of a symbol."""
        return FORMULAS[self.function](sympy if isinstance(x, sympy.Expr) else torch, x)

    @property
    def x(self) -> Tensor:
        """The point, (1,), rounded to the precision."""
        return torch.tensor([self.point], dtype=getattr(torch, self.precision))

    @property
    def slope(self) -> float:
        """f′(x), by hand."""
        return differences.derivative(self.function, float(self.x))

    @property
    def laws(self) -> dict[str, differences.ErrorLaw]:
        """What the differences are off by; claimed up to 100 best steps in float64, 3 in float32."""
        u, reach = differences.UNIT_ROUNDOFF[self.precision], 100 if self.precision == "float64" else 3
        return {
            kind: differences.error_law(kind, self.function, float(self.x), u, reach)
            for kind in get_args(differences.Kind)
        }


def main(args: list[str] | None = None) -> Report:
    """Predict, measure, judge."""
    cli = MeasurementCLI(__file__, Settings, args)
    cli.announce(p for case in cli.cases for p in QUESTIONS[case.settings.question][0](case))
    measured = cli.measure(lambda case: QUESTIONS[case.settings.question][1](case.settings))
    tables = [in_six_ways(case) for case in cli.cases if case.settings.question == "errors"]
    return cli.report(measured, {"ways": draw(cli.cases)}, tables[:1])


def predict_errors(case: Case[Settings]) -> list[Prediction]:
    """Four ways without error; of two differences the bottom of the V, and in float64 its sides."""
    s, name, source = case.settings, case.variant, "Nocedal & Wright 2006, section 8.1"
    roundings = 16 * differences.UNIT_ROUNDOFF[s.precision] * abs(s.slope)
    exact = {"atol": roundings, "because": "16 roundings, each way in an order of its own"}
    bottom = {"atol": 0.7, "because": "roundings are a tenth to five of b, and the error follows b^½ or b^⅔"}
    claim = "largest error of symbolic, complex step, forward and reverse mode"
    found = [Prediction(f"{name}.exact", claim, 0.0, "the chain rule; Squire & Trapp 1998", **exact)]
    for kind, law in s.laws.items():
        claim, error = f"log10 of the {kind} difference's error at its best h", math.log10(law.best_error)
        found.append(Prediction(f"{name}.{kind}_error", claim, error, source, **bottom))
    if s.precision == "float32":  # between roundings and h = 1 there are too few decades for the sides
        return found
    because = "roundings, up to 5 % of the error at the near end; the next Taylor term at the far end"
    for kind, law in s.laws.items():
        side = {"atol": 0.05 + 2 * law.left_out(100 * law.best_step), "because": because}
        claim = f"power of h in the {kind} difference's error, where h is too large"
        found.append(Prediction(f"{name}.{kind}_power", claim, float(law.power), source, **side))
    side = {"atol": 0.3, "because": "the largest rounding of half a decade varies by 2, over two decades"}
    claim = "the same of the forward difference, where h is too small"
    return [*found, Prediction(f"{name}.forward_rounding", claim, -1.0, source, **side)]


def measure_errors(s: Settings) -> dict[str, Quantity]:
    """How far off the ways are; of the differences the best, and how the error grows to both sides."""
    exact = [error for way, (_, error, _) in six_ways(s).items() if "difference" not in way]
    found: dict[str, Quantity] = {"exact": max(exact)}
    for kind, law in s.laws.items():
        h, errors = error_curve(s, kind)
        largest = max_pool1d(errors[None], 2 * AROUND + 1, stride=1, padding=AROUND)[0]
        found[f"{kind}_error"] = math.log10(largest.min())
        found[f"{kind}_power"] = power(h, errors, h > 9.9 * law.best_step)
        found[f"{kind}_rounding"] = power(h, largest, h < law.best_step / 9.9)
    return found


def error_curve(s: Settings, kind: str) -> tuple[Tensor, Tensor]:
    """h from a thousandth of the best one (in float32 a hundredth) to a hundredfold, and the errors."""
    left = 3 if s.precision == "float64" else 2
    h = s.laws[kind].best_step * torch.logspace(-left, 2, (left + 2) * PER_DECADE + 1, dtype=torch.float64)
    slopes = torch.cat([WAYS[f"{kind} difference"](s.f, s.x, step) for step in h.to(s.x)])
    return h, (slopes.double() - s.slope).abs()


def power(h: Tensor, errors: Tensor, part: Tensor) -> float:
    """The power of h that fits part of the errors best."""
    logs = (numbers[part].log10().tolist() for numbers in (h, errors))
    return statistics.linear_regression(*logs).slope


def six_ways(s: Settings) -> dict[str, tuple[float, float, int]]:
    """Way → the slope, its error and how often f was called; differences with their best h."""
    best = {f"{kind} difference": law.best_step for kind, law in s.laws.items()}
    found = {}
    for way, gradient in WAYS.items():
        counted = Counted(s.f)
        value = float(gradient(counted, s.x, torch.tensor(best.get(way, 0.0)).to(s.x)))
        found[way] = (value, abs(value - s.slope), counted.calls)
    return found


class Counted:
    """f, and how often it has been called."""

    def __init__(self, f: Function) -> None:
        self.f, self.calls = f, 0

    def __call__(self, x: Any) -> Any:
        """f(x), and one more call."""
        self.calls += 1
        return self.f(x)


def symbolic(f: Function, x: Tensor, _: Tensor) -> Tensor:
    """The formula of f′, made from the formula of f."""
    symbol = sympy.Symbol("x")
    return sympy.lambdify(symbol, f(symbol).diff(symbol), torch)(x)


def forward_difference(f: Function, x: Tensor, h: Tensor) -> Tensor:
    """(f(x + he) − f(x))/h along every axis e; x + he is rounded: h is how far x has really moved."""
    here = f(x)
    return torch.stack([(f(x + e) - here) / (x + e - x).sum() for e in h * axes(x)]).flatten()


def central_difference(f: Function, x: Tensor, h: Tensor) -> Tensor:
    """(f(x + he) − f(x − he))/2h along every axis e."""
    return torch.stack([(f(x + e) - f(x - e)) / (x + e - (x - e)).sum() for e in h * axes(x)]).flatten()


def complex_step(f: Function, x: Tensor, _: Tensor) -> Tensor:
    """Im f(x + ihe)/h along every axis e; h is so short that nothing but f′ is left of Taylor's terms."""
    return torch.stack([f(torch.complex(x, 1e-20 * e)).imag / 1e-20 for e in axes(x)]).flatten()


def forward_mode(f: Function, x: Tensor, _: Tensor) -> Tensor:
    """The slope along every axis e, carried along with the value."""
    with warnings.catch_warnings():  # torch warns of itself when it first loads its rules for this
        warnings.simplefilter("ignore", FutureWarning)
        return torch.stack([torch.func.jvp(f, (x,), (e,))[1] for e in axes(x)]).flatten()


def reverse_mode(f: Function, x: Tensor, _: Tensor) -> Tensor:
    """All slopes, carried back from the value."""
    x = x.clone().requires_grad_()
    return torch.autograd.grad(f(x), x)[0]


def axes(x: Tensor) -> Tensor:
    """The directions of single inputs, (n, n)."""
    return torch.eye(len(x), dtype=x.dtype)


def predict_cost(case: Case[Settings]) -> list[Prediction]:
    """Runs of the loss for all n slopes, and that the cheapest of them are right."""
    n, name, source = case.settings.inputs, case.variant, "Griewank & Walther 2008"
    claims: dict[counting.Way, str] = {
        "forward difference": f"runs of a loss for its {n} slopes, by forward differences",
        "forward mode": "in forward mode, each with the slope along one input",
        "reverse mode": f"in reverse mode, runs of as many FLOPs; the most of n = 1 to {n}",
    }
    found = [
        Prediction(f"{name}.{way.replace(' ', '_')}", claim, counting.evaluations(way, n), source)
        for way, claim in claims.items()
    ]
    error = {"atol": 2 * (n + SAMPLES) * 2.0**-53, "because": "roundings of sums of n and of 8 terms"}
    claim = "largest error of reverse mode's slopes, as a share of the largest slope"
    return [*found, Prediction(f"{name}.error", claim, 0.0, "the chain rule", **error)]


def measure_cost(s: Settings) -> dict[str, Quantity]:
    """Runs and FLOPs, counted; and reverse mode's slopes against those by hand."""
    (loss, w, by_hand), counted = neuron(s.inputs), costs(s.inputs)
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


def predict_programs(case: Case[Settings]) -> list[Prediction]:
    """What is known of programs without a setting."""
    printed, chosen, branch = "printed by Géron 2022", "PyTorch; Bolte & Pauwels 2020", "Kakade & Lee 2018"
    known = {
        "gradient": ("∂z/∂x, ∂z/∂y of z = x² + 2xy + y² at (2, 3)", "10, 10", "2(x + y)"),
        "digits_x": ("forward difference of x²y + y + 2 at (3, 4), h = 1e-4", "24.000400000048216", printed),
        "digits_y": ("the same along y", "10.000000000047748", printed),
        "spellings": ("slope at 0 of max(x, 0) as relu, maximum, where(x ≥ 0, x, 0)", "0, 0.5, 1", chosen),
        "identity": ("slope at 0 of relu(x) − relu(−x), which is x", "0", branch),
        "root": ("slope at 0 of where(x > 0, √x, 0)", "nan", branch),
        "safe_root": ("the same with √1 where x > 0 is false", "0", branch),
    }
    return [Prediction(f"{case.variant}.{key}", *claim) for key, claim in known.items()]


def measure_programs(_: Settings) -> dict[str, Quantity]:
    """The text's lines as they stand; the quotient with h as it stands; and reverse mode at kinks."""
    x, y = torch.tensor(2.0, requires_grad=True), torch.tensor(3.0, requires_grad=True)
    z = x**2 + 2 * x * y + y**2
    z.backward()
    at, h, zero = torch.tensor([3.0, 4.0], dtype=torch.float64), 1e-4, torch.zeros(1)
    heights = [float(x * x * y + y + 2) for x, y in (at, *(at + h * axes(at)))]
    digits = {f"digits_{axis}": repr((heights[i] - heights[0]) / h) for i, axis in ((1, "x"), (2, "y"))}
    slopes = {key: [float(reverse_mode(f, zero, zero)) for f in programs] for key, programs in KINKS.items()}
    slopes["gradient"] = [float(x.grad), float(y.grad)]
    return digits | {key: ", ".join(f"{slope:g}" for slope in found) for key, found in slopes.items()}


def in_six_ways(case: Case[Settings]) -> Table:
    """What each way finds, how far off it is, and how often it asks for f."""
    s = case.settings
    title = f"The slope of {s.function} at x = {s.point:g} in {s.precision}; differences at their best h"
    table = Table("way", "slope", "error", "calls of f", title=title, title_justify="left")
    for way, (slope, error, calls) in six_ways(s).items():
        table.add_row(way, repr(slope), f"{error:.1e}", str(calls))
    return table


def draw(cases: list[Case[Settings]]) -> Figure:
    """Error against h, cost against n, length against the size of the program."""
    figure, panel = panels("error of a difference", "cost of n slopes", "length of a derivative", height=5.5)
    for question, drawing, axes in zip(
        ("errors", "cost", "length"), (curves, bills, sizes), panel, strict=True
    ):
        series = (one for case in cases if case.settings.question == question for one in drawing(case))
        for style, (label, measured, predicted) in zip(styles(), series, strict=False):
            compare(axes, label, style, measured, predicted)
            if question == "errors":
                axes.plot(
                    *min(predicted, key=lambda point: point[1]), "*", color=style["color"], markersize=14
                )
    panel[0].set(xlabel="step h", ylabel="|difference − f′(x)|", xscale="log", yscale="log")
    panel[1].set(xlabel="inputs n", ylabel="cost, in runs of the loss", xscale="log", yscale="log")
    panel[2].set(xlabel="sines, factors or steps", ylabel="sines, multiplications, terms; or nodes")
    for axes in filter(Axes.has_data, panel[1:]):
        axes.legend(fontsize="small")
    legend(figure, panel[0], "measured markers on predicted lines; a star: the best h, predicted")
    return figure


def curves(case: Case[Settings]) -> Iterator[Series]:
    """The V of both differences."""
    for kind, law in case.settings.laws.items():
        h, errors = (numbers.tolist() for numbers in error_curve(case.settings, kind))
        yield (
            f"{case.variant}, {kind}",
            list(zip(h, errors, strict=True)),
            [(step, law.error(step)) for step in h],
        )


def bills(case: Case[Settings]) -> Iterator[Series]:
    """The cost of every way, for n up to what is asked for."""
    for way, runs in costs(case.settings.inputs).items():
        yield way, list(runs.items()), [(n, counting.evaluations(way, n)) for n in runs]


def sizes(case: Case[Settings]) -> Iterator[Series]:
    """Formula and graph, for programs up to that length."""
    program, lengths = case.settings.program, range(2, case.settings.length + 1)
    for label, count, law in (
        ("formula", written_out, counting.symbolic_length),
        ("graph", graph, counting.graph_nodes),
    ):
        yield f"{program}, {label}", *([(n, of(program, n)) for n in lengths] for of in (count, law))


QUESTIONS: dict[str, tuple[Callable[..., list[Prediction]], Callable[..., dict[str, Quantity]]]] = {
    "errors": (predict_errors, measure_errors),
    "cost": (predict_cost, measure_cost),
    "length": (predict_length, measure_length),
    "programs": (predict_programs, measure_programs),
}
WAYS: dict[str, Callable[[Function, Tensor, Tensor], Tensor]] = {
    "symbolic": symbolic,
    "forward difference": forward_difference,
    "central difference": central_difference,
    "complex step": complex_step,
    "forward mode": forward_mode,
    "reverse mode": reverse_mode,
}

if __name__ == "__main__":
    raise SystemExit(main().exit_code)
