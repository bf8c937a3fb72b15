"""Is the gradient of a batch right?

Law: over all ways to draw B of N samples the mean of a batch's gradient is the gradient of all N. Its
variance is s²/B with replacement, and (s²/B)(N − B)/(N − 1) if no sample comes twice.

A loss over N samples is a mean, and so is its gradient g: of one gradient a sample. A batch is a poll of B of
them. Its gradient ḡ is off, but to all sides: over all batches the errors add up to 0. How far off is one of
them? Let s² be the variance of a single sample's gradient, its mean squared distance from g. Put each sample
back after drawing it ("with replacement": it may come again), and the B errors know nothing of each other:
the variance of their sum is B s², of their mean s²/B. Four times the samples halve the distance, its root. If
no sample comes twice, as in a batch of DataLoader(shuffle=True), it is less, down to nothing where a batch
holds all N: since all N errors add up to 0, whoever has been drawn leaves the others to make up for him.

Batches can also be accumulated: a whole pass over the samples, and then one step with the mean of the
batches' gradients. If batches are of one size that is g itself, in as little memory as a batch needs. A
shorter last batch counts as much as the others, so that each of its samples counts for more. Of 12 samples in
batches of 5, 5 and 2 the last two have the weight w = 1/6 each and the others 1/15, instead of 1/12: ḡ is
still right on average, as chance decides who comes last, but with variance s² N/(N − 1) Σ(w − 1/N)².

Twelve patients are few enough to look at every batch there is, here of a small network that nobody trained.

    python experiments/minibatches.py

In TensorBoard, open Images: the gradients of all batches around g, and how far off they are for every B.
Try  --only short_last_batch --batch 11  (whoever comes last counts as much as the other eleven together: a
variance of 1.417, more than the 1.247 of a batch of four),  or  --only fours --samples 17  (all 2,380 batches
of four).
"""

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, product
from typing import Literal

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor
from torch.func import functional_call, grad, vmap

from zoo.calculus.losses import mse
from zoo.data import Diabetes
from zoo.errors import InputError
from zoo.figures import COLOURS, compare, legend, panels, styles
from zoo.measuring import Case, MeasurementCLI
from zoo.models import MLP
from zoo.report import Report
from zoo.theory import sampling
from zoo.theory.rounding import UNIT
from zoo.verdict import Prediction, Quantity

Drawn = Literal["different", "replacement", "pass"]
WORDS: dict[Drawn, str] = {
    "different": "over all {ways:,} batches of {B}: (s²/B)(N − B)/(N − 1)",
    "replacement": "over all {ways:,} batches of {B} with replacement: s²/B",
    "pass": "of a pass in batches of {B}, the last of {last}: s² N/(N − 1) Σ(w − 1/N)²",
}


@dataclass
class Settings:
    """How many samples there are, and how batches of them are drawn.

    Args:
        samples: N, the first patients of the diabetes data; null for all.
        batch: B.
        drawn: "different" samples in a batch; or each from all of them, with "replacement"; or a whole "pass"
            over all samples in batches of B, whose gradients are averaged.
    """

    samples: int | None = 12
    batch: int = 4
    drawn: Drawn = "different"

    def __post_init__(self) -> None:
        if not 1 <= self.batch <= self.count:
            raise InputError(f"batch is {self.batch}; choose 1 to {self.count}, the number of samples")
        if self.ways > 30_000:  # as many as can be looked at in a second
            ways = f"{self.ways:,}" if self.ways < 10**12 else f"about 10^{len(str(self.ways)) - 1}"
            found = f"of {self.count} samples there are {ways} batches of {self.batch}"
            raise InputError(f"{found}; lower samples or batch, to look at 30,000 at most")

    @cached_property
    def data(self) -> Diabetes:
        """The patients."""
        return Diabetes(samples=self.samples)

    @property
    def count(self) -> int:
        """N."""
        return len(self.data.x)

    @property
    def last(self) -> int:
        """How many samples the last batch of a pass has."""
        return self.count % self.batch or self.batch

    @property
    def ways(self) -> int:
        """How many batches there are; of passes, how many choices of those who come last."""
        if self.drawn == "replacement":
            return self.count**self.batch
        return math.comb(self.count, self.batch if self.drawn == "different" else self.last)


def main(args: list[str] | None = None) -> Report:
    """Predict, measure, judge."""
    cli = MeasurementCLI(__file__, Settings, args)
    cli.announce(p for case in cli.cases for p in predict(case))
    return cli.report(cli.measure(measure), {"batches": draw(cli.cases)})


def predict(case: Case[Settings]) -> list[Prediction]:
    """Mean and variance over all batches, from the gradients of single samples."""
    s, name, value = case.settings, case.variant, variance(case, case.settings.batch)
    rounding = (s.ways + 1000) * UNIT
    because = f"sums of up to {s.ways:,} gradients, of some hundred terms each; squared, where 0 is predicted"
    single = square_distance(case, singles(case))
    claim = f"s² = {single:.4g}; variance {WORDS[s.drawn].format(ways=s.ways, B=s.batch, last=s.last)}"
    slack = {"rtol": rounding, "atol": rounding**2, "because": because}
    found = [Prediction(f"{name}.variance", claim, value, "Cochran 1977, ch. 2", **slack)]
    if s.drawn != "pass":
        claim = f"distance from g of the mean over all {s.ways:,} batches, over ‖g‖"
        found.insert(0, Prediction(f"{name}.mean", claim, 0.0, "elementary", atol=rounding, because=because))
    return found


def variance(case: Case[Settings], batch: int) -> float:
    """That of ḡ by theory, for any B."""
    s, single = case.settings, square_distance(case, singles(case))
    if s.drawn == "pass":
        return sampling.order_variance(sampling.batch_mean_weights(s.count, batch), single)
    return sampling.gradient_variance(single, s.count, batch, replacement=s.drawn == "replacement")


def measure(case: Case[Settings]) -> dict[str, Quantity]:
    """The same by autograd, of every batch."""
    found, g = batches(case), full(case)
    off = float((found.mean(dim=0) - g).norm() / g.norm())
    return {"mean": off, "variance": square_distance(case, found)}


def batches(case: Case[Settings]) -> Tensor:
    """ḡ of every batch; or the mean over a pass, whoever comes last."""
    s, everyone = case.settings, range(case.settings.count)
    if s.drawn == "replacement":
        return gradients(case, torch.tensor(list(product(everyone, repeat=s.batch))))
    if s.drawn == "different":
        return gradients(case, torch.tensor(list(combinations(everyone, s.batch))))
    orders = [(*sorted({*everyone} - {*last}), *last) for last in combinations(everyone, s.last)]
    parts = torch.tensor(orders).split(s.batch, dim=1)
    return torch.stack([gradients(case, part) for part in parts]).mean(dim=0)


def singles(case: Case[Settings]) -> Tensor:
    """The gradient of every sample by itself."""
    return gradients(case, torch.arange(case.settings.count)[:, None])


def full(case: Case[Settings]) -> Tensor:
    """g, of the loss of all samples."""
    return gradients(case, torch.arange(case.settings.count)[None])[0]


def gradients(case: Case[Settings], rows: Tensor) -> Tensor:
    """∂L/∂θ of batches (K, B) of samples, all P parameters in a row: (K, P)."""
    torch.manual_seed(case.seed)
    network = MLP(in_features=10, out_features=1, depth=2, width=4, activation="tanh").double()
    x, y = case.settings.data.x.double(), case.settings.data.y.double()

    def loss(parameters: dict[str, Tensor], batch: Tensor) -> Tensor:
        return mse(functional_call(network, parameters, (x[batch],)), y[batch])

    parameters = {name: p.detach() for name, p in network.named_parameters()}
    found = vmap(grad(loss), in_dims=(None, 0))(parameters, rows)  # all batches at once
    return torch.cat([g.flatten(1) for g in found.values()], dim=1)


def square_distance(case: Case[Settings], found: Tensor) -> float:
    """The mean of ‖ḡ − g‖²: the variances of all parameters, summed."""
    return float(((found - full(case)) ** 2).sum(dim=1).mean())


def relative(case: Case[Settings], variance: float) -> float:
    """The root of a variance, in lengths of g."""
    return math.sqrt(variance) / float(full(case).norm())


def draw(cases: list[Case[Settings]]) -> Figure:
    """The gradients of batches around g, and how far off they are for every B."""
    figure, (left, right) = panels("the gradient ḡ of every batch", "how far ḡ is off g")
    draw_clouds(left, [case for case in cases if case.settings.drawn == "different"])
    for style, kind in zip(styles(), WORDS, strict=False):
        alike = [case for case in cases if case.settings.drawn == kind]
        found = [(c.settings.batch, relative(c, measure(c)["variance"])) for c in alike]
        line = [(B, relative(c, variance(c, B))) for c in alike[:1] for B in range(1, c.settings.count + 1)]
        if alike:
            compare(right, kind, style, found, line)
    right.set(xlabel="batch size B", ylabel="√variance / ‖g‖")
    legend(figure, right, "right: measured markers on predicted lines; a pass is in batches of B, averaged")
    return figure


def draw_clouds(axes: Axes, cases: list[Case[Settings]]) -> None:
    """ḡ of every batch: along g, and across it where single samples differ most."""
    for colour, case in zip(("0.8", "0.6", "0.3"), cases, strict=False):  # not those of the other panel
        g, strays = full(case), singles(case) - full(case)
        along = g / g.norm()
        across = torch.linalg.svd(strays - strays @ along[:, None] * along, full_matrices=False).Vh[0]
        plane = batches(case) @ torch.stack([along, across], dim=1) / g.norm()
        axes.plot(*plane.T, ".", color=colour, markersize=3, label=f"B = {case.settings.batch}")
    axes.annotate("", (1, 0), (0, 0), arrowprops={"arrowstyle": "->", "linewidth": 3, "color": COLOURS[3]})
    axes.plot(1, 0, "+", color=COLOURS[3], markersize=16, markeredgewidth=3, label="g, of all samples")
    axes.set(xlabel="along g, in units of ‖g‖", ylabel="across g, where samples differ most")
    axes.legend(fontsize="small")


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
