"""Is a flat point a minimum or a saddle, and which are there more of?

Law: where the slope is 0 the eigenvalues of the Hessian decide: all positive, a minimum; both signs, a
saddle; zeros, undecided. Of n drawn at random all are positive with chance ½, 0.146, 0.025, …; and the lower
a point lies, the fewer are negative: ½ − c√(4 − c²)/(4π) − arcsin(c/2)/π.

With one weight a flat point is a minimum or a maximum, by the sign of f″. With n weights there are n
curvatures, the eigenvalues of the Hessian H, the matrix of all second derivatives. One negative among them is
a way down, and the point a saddle, like a mountain pass. If nothing but chance decided on H, n curvatures
would hardly ever all be positive, and minima would be the rarer the more weights there are. But chance is not
all: of a random landscape's flat points the low ones have their curvatures raised by c, and from c = 2 on
none is negative. So saddles are common high up, and minima low down.

Where H is 0, second derivatives are silent. x³ − 3xy² has H = 0 at 0, and goes down in half of all
directions: a saddle for a monkey, which has a tail.

    python experiments/saddles_and_minima.py

In TensorBoard, open Images: the chance of a minimum against n, and where the curvatures of large random
matrices lie.
Try  --only low --shift 1.9  (hardly a negative one is left),  or  --only three --matrices 1000  (fewer
matrices, a wider tolerance).
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

import torch
from matplotlib.figure import Figure
from torch import Tensor

from zoo.errors import InputError
from zoo.figures import compare, legend, panels, styles
from zoo.measuring import Case, MeasurementCLI
from zoo.report import Report
from zoo.theory import curvature, random_matrices
from zoo.verdict import Prediction, Quantity

KNOWN = (1, 2, 3)  # sizes at which the chance of a minimum has a closed form
EXACT = {"atol": 1e-12, "because": "a few roundings of 1e-16"}


@dataclass
class Settings:
    """Random Hessians, and what is counted of them.

    Args:
        size: n, how many weights a flat point has.
        matrices: how many are drawn.
        shift: c, by how much all curvatures are raised, in units of which they fill −2 to 2 at 0; null to
            count how often all are positive, as they are drawn.
    """

    size: int = 2
    matrices: int = 100_000
    shift: float | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.matrices * self.size**2 <= 2_000_000:
            raise InputError(f"matrices is {self.matrices} of size {self.size}; choose up to 2000000 entries")
        if self.shift is None and self.size not in KNOWN:
            raise InputError(
                f"size is {self.size}; without shift choose 1, 2 or 3, where the chance is known"
            )
        if self.shift is None and self.matrices < (
            needed := random_matrices.matrices_that_show_one(self.size)
        ):
            raise InputError(
                f"matrices is {self.matrices} of size {self.size}; choose {needed} or more: of fewer it may "
                "be by chance that none makes a minimum"
            )
        if self.shift is not None and (self.size < 50 or abs(self.shift) > 3):
            raise InputError(
                f"size is {self.size} and shift {self.shift}; choose 50 or more, and −3 to 3: the law is "
                "that of large matrices"
            )


def main(args: list[str] | None = None) -> Report:
    """Predict, measure, judge."""
    cli = MeasurementCLI(__file__, Settings, args)
    cli.announce(chain(predict_flat_points(), (predict(case) for case in cli.cases)))
    measured = cli.measure(measure)
    return cli.report(measured | measure_flat_points(), {"curvatures": draw(cli.cases, measured)})


def predict_flat_points() -> Iterator[Prediction]:
    """Three points at which the slope is 0 or the loss least, whose curvatures are found by hand."""
    yield Prediction("product.lowest", "(w₁w₂ − 1)²/2 at 0: lowest curvature", -1.0, "elementary", **EXACT)
    yield Prediction("product.highest", "and highest: a saddle", 1.0, "elementary", **EXACT)
    claim, sharpness = "highest at its minimum (2, ½): a² + 1/a²", 2**2 + 1 / 2**2
    yield Prediction("product.sharpness", claim, sharpness, "Saxe et al. 2014", **EXACT)
    yield Prediction("monkey.largest", "x³ − 3xy² at 0: largest |curvature|", 0.0, "elementary", **EXACT)
    claim = "share of directions in which it goes down"
    yield Prediction("monkey.down", claim, 0.5, "elementary: r³ cos 3θ")


def predict(case: Case[Settings]) -> Prediction:
    """The share of minima, or of negative curvatures."""
    s, key = case.settings, f"{case.variant}.share"
    if s.shift is None:
        p = random_matrices.minimum_probability(s.size)
        claim = f"share of random {s.size}×{s.size} Hessians that make a minimum"
        error, because = (
            4 * (p * (1 - p) / s.matrices) ** 0.5,
            f"four standard errors, {s.matrices:,} matrices",
        )
        return Prediction(key, claim, p, "Dean & Majumdar 2006", atol=error, because=because)
    p = random_matrices.negative_share(s.shift)
    error = random_matrices.negative_share_error(s.size, s.matrices)
    claim = f"share of {s.size} random curvatures, raised by {s.shift:g}, that are negative"
    source, because = "Wigner 1958; Bray & Dean 2007", "four standard errors, and n < ∞"
    return Prediction(key, claim, p, source, atol=error, because=because)


def measure(case: Case[Settings]) -> dict[str, Quantity]:
    """The same share of matrices that are drawn."""
    matrices, shift = drawn(case), case.settings.shift
    if shift is None:  # a matrix has a Cholesky factor if and only if all its curvatures are positive
        return {"share": float((torch.linalg.cholesky_ex(matrices).info == 0).double().mean())}
    return {"share": float((curvatures(matrices) + shift < 0).double().mean())}


def drawn(case: Case[Settings]) -> Tensor:
    """The case's random Hessians, the same every time, (M, n, n)."""
    generator = torch.Generator().manual_seed(case.seed)
    return random_matrices.sample(case.settings.matrices, case.settings.size, generator)


def curvatures(matrices: Tensor) -> Tensor:
    """Eigenvalues in units of √n, in which they fill −2 to 2: (M, n)."""
    return torch.linalg.eigvalsh(matrices) / matrices.shape[-1] ** 0.5


def product(w: Tensor) -> Tensor:
    """(w₁w₂ − 1)²/2: a linear network of two weights that is to learn y = x."""
    return (w[0] * w[1] - 1) ** 2 / 2


def monkey(w: Tensor) -> Tensor:
    """x³ − 3xy²."""
    return w[0] ** 3 - 3 * w[0] * w[1] ** 2


def measure_flat_points() -> dict[str, dict[str, Quantity]]:
    """The Hessians by autograd, and the heights around the monkey's saddle."""
    zero, minimum = torch.zeros(2, dtype=torch.float64), torch.tensor([2.0, 0.5], dtype=torch.float64)
    at_zero, at_minimum = (torch.linalg.eigvalsh(curvature.hessian(product, w)) for w in (zero, minimum))
    turn = 2 * math.pi * (torch.arange(3600, dtype=torch.float64) + 0.5) / 3600
    around = monkey(torch.stack([turn.cos(), turn.sin()]) / 100)
    return {
        "product": {
            "lowest": float(at_zero[0]),
            "highest": float(at_zero[1]),
            "sharpness": float(at_minimum[1]),
        },
        "monkey": {
            "largest": float(curvature.hessian(monkey, zero).abs().max()),
            "down": float((around < 0).double().mean()),
        },
    }


def draw(cases: list[Case[Settings]], measured: Mapping[str, Mapping[str, Quantity]]) -> Figure:
    """The chance of a minimum against n; where the curvatures of large random matrices lie."""
    figure, (left, right) = panels("chance of a minimum", "curvatures of large random matrices")
    chances = [random_matrices.minimum_probability(n) for n in KNOWN]
    left.plot(KNOWN, chances, color="0.6", linewidth=1, zorder=0)
    for style, case in zip(styles(), cases, strict=False):
        s, share = case.settings, float(measured[case.variant]["share"])
        if s.shift is None:
            compare(left, case.variant, style, [(s.size, share)])
            continue
        heights, edges = torch.histogram(curvatures(drawn(case)).flatten() + s.shift, bins=24, density=True)
        middles = ((edges[1:] + edges[:-1]) / 2).tolist()
        around = [2 * math.sin(math.pi * k / 100) for k in range(-50, 51)]
        line = [(x + s.shift, math.sqrt(4 - x**2) / (2 * math.pi)) for x in around]
        label = f"{case.variant}: raised by {s.shift:g}, {share:.1%} negative"
        compare(right, label, style, list(zip(middles, heights.tolist(), strict=True)), line)
    right.axvline(0, color="0.6", linewidth=1)
    left.set(xlabel="weights n", ylabel="share of random Hessians", yscale="log", xticks=KNOWN)
    left.set_yticks(chances, [f"{p:.3g}" for p in chances])
    left.set_yticks([], minor=True)
    right.set(xlabel="curvature, in units of √n", ylabel="density")
    right.set_visible(bool(right.lines[1:]))  # there may be no large ones
    legend(figure, right if right.get_visible() else left, "markers: measured; lines: predicted", columns=2)
    return figure


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
