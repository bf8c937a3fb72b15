"""What does the learning rate decide: how fast, or whether at all?

Law: on a curvature λ a step multiplies the distance from the lowest point by 1 − ηλ, and lowers the loss by
η (1 − ηλ/2) f′²: downhill if and only if η < 2/λ. Where the curvature dies out, no factor is fixed.

A learning rate η is neither large nor small by itself: what counts is ηλ, where the curvature λ = f″ says how
fast the slope f′ changes. On f = (x − 3)², with λ = 2, it decides between five regimes. Below ηλ = 1 every
step leaves x on its side of 3; at 1 one step arrives. Beyond, steps cross over and still end lower, then, at
ηλ = 2, exactly as high, for ever, and above 2 higher every time. At the small end nothing new is found: steps
follow one smooth curve, the gradient flow, and a tenth of the rate needs ten times the steps.

With many weights the largest curvature λ_max sets the limit, and all others have to live with such a rate.
On real data, 442 patients, 1 % of the limit is slow and half of it fast; with 2 % too much the loss may fall
at first, until the one direction that diverges has outgrown the rest.

A fixed factor needs a curvature. x⁴/4 has none at its lowest point, and x_k ≈ 1/√(2ηk). ln(1 + e⁻ʷ), the loss
of one sample that a classifier has on the right side, has no lowest point: w goes on like ln(ηk), for ever,
and the loss like 1/(ηk). Both go downhill in every step, and each step is worth less than the one before.

    python experiments/learning_rate.py

In TensorBoard, open Images: the paths, the factor of the distance against ηλ, and all losses on logarithmic
axes, where a fixed factor bends down and a power of k is straight. loss/train shows the patients' alone.
Try  --only small_rate --model.surface.coefficients '[99, -66, 11]'  (eleven times as steep: now η = 0.1 is
too large),  or  --only no_bottom --data.count 600  (twice the steps: half of the loss is left).
"""

import math

import lightning as L
import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

from zoo.calculus.layers import linear
from zoo.calculus.surfaces import logistic, polynomial
from zoo.cli import ExperimentCLI
from zoo.conditions import (
    require_optimizer,
    require_plain_trainer,
    require_precision,
    require_undisturbed,
)
from zoo.data import Diabetes
from zoo.diagnostics import GradientNormMonitor, ParameterTrajectory
from zoo.errors import InputError
from zoo.figures import compare, legend, panels, styles
from zoo.models import Logistic, Polynomial
from zoo.report import Report
from zoo.run import Run
from zoo.theory import descent, regimes, sublinear
from zoo.theory.rounding import UNIT
from zoo.training import Minimizer, Regressor
from zoo.verdict import Prediction, Quantity

AnyRun = Run[L.LightningModule]


def main(args: list[str] | None = None) -> Report:
    """Predict, train, measure, judge."""
    callbacks = {"trajectory": ParameterTrajectory, "gradient_norms": GradientNormMonitor}
    cli = ExperimentCLI(__file__, L.LightningModule, args, callbacks)
    cli.announce(p for run in cli.runs for p in predict(run, closed_form(run)))
    paths = {run.variant: closed_form(run) for run in cli.runs}  # training moves the start
    cli.fit()
    measured = {run.variant: measure(run) for run in cli.runs}
    return cli.report(measured, {"learning_rate": draw(cli.runs, paths)})


def predict(run: AnyRun, path: Tensor) -> list[Prediction]:
    """What the law of the run's own surface says of its rate."""
    laws = {"bowl": predict_bowl, "table": predict_table}
    return laws.get(kind(run), predict_slow)(run, path)


def predict_bowl(run: AnyRun, path: Tensor) -> list[Prediction]:
    """The regime and where it leads; whether steps that cross over go downhill; what tiny steps follow."""
    name, rate, (curvature, bottom) = run.variant, run.optimizer["lr"], parabola(run)
    a, x, steps = rate * curvature, path[:, 0].tolist(), len(path) - 1
    slack = regimes.rounding(x, rate, bottom, curvature)
    claim, word = f"ηλ = {a:g}: the path is", regimes.regime(rate, curvature)
    found = [Prediction(f"{name}.regime", claim, word, "elementary")]
    claim = f"x_{steps} = x* + (1 − ηλ)^{steps} (x_0 − x*)"
    off = {"atol": slack, "because": f"a few roundings of 1.1e-16 in each of {steps} steps"}
    found.append(Prediction(f"{name}.end", claim, x[-1], "elementary", **off))
    if a > 1:  # a step that does not cross over goes downhill anyway
        claim, least = "least fall of f in a step, over f′²: η (1 − ηλ/2)", regimes.fall(rate, curvature)
        height = float(run.model.surface.coefficients[0])
        slack = regimes.fall_rounding(x, rate, bottom, curvature, height)
        off = {"atol": slack, "because": "rounding of f by 1.1e-16 of its terms, over f′²"}
        found.append(Prediction(f"{name}.fall", claim, least, "Nesterov 2004, §1.2.3", **off))
    if a <= 0.05 and a**2 * steps <= 0.1:  # else terms of higher order count
        claim = f"how far x_{steps} is ahead of the gradient flow at t = {rate * steps:g}, over η"
        lead = regimes.lead(steps, rate, x[0], bottom, curvature)
        slack = slack / rate + regimes.lead_error(steps, rate, x[0], bottom, curvature)
        off = {"atol": slack, "because": "terms of the next order in ηλ and (ηλ)² k"}
        found.append(Prediction(f"{name}.lead", claim, lead, "Euler's method", **off))
    return found


def predict_slow(run: AnyRun, path: Tensor) -> list[Prediction]:
    """What becomes of the loss without a curvature: a power of k, and a factor a step that tends to 1."""
    name, k = run.variant, len(path) - 1
    form = (k, float(start_of(run)), run.optimizer["lr"])
    if kind(run) == "x⁴/4":
        decay, factor = sublinear.quartic_decay(*form), sublinear.quartic_factor(*form)
        claims = ("|x_k| √(2ηk) → 1", "1 − 2/k → 1")
    else:
        decay, factor = sublinear.logistic_decay(*form), sublinear.logistic_factor(*form)
        claims = ("loss · ηk → 1", "1 − 1/k → 1")
    return [
        between(f"{name}.decay", f"{claims[0]}, at k = {k}", *decay),
        between(f"{name}.factor", f"factor of the loss in step k = {k}: {claims[1]}", *factor),
    ]


def between(key: str, claim: str, low: float, high: float) -> Prediction:
    """A claim on a number of which theory knows two bounds."""
    slack = (high - low) / 2 + 64 * UNIT * high
    because = "half the gap between two bounds: what the law leaves over, summed over all steps"
    return Prediction(key, claim, (low + high) / 2, "derived", atol=slack, because=because)


def predict_table(run: AnyRun, path: Tensor) -> list[Prediction]:
    """The loss of least squares in the end, and how many steps have lowered it."""
    (start, optimum, hessian), steps, patients = problem(run), len(path) - 1, len(run.datamodule.x)
    curvatures, errors = descent.curvatures(hessian), path - optimum
    lowest = float(losses_at(run, optimum[None]))
    losses = lowest + (errors @ hessian * errors).sum(dim=1) / 2
    share = run.optimizer["lr"] / descent.largest_stable_rate(curvatures)
    claim = f"loss after {steps} steps of η = {share:.3g} · 2/λ_max (lowest: {lowest:.4g})"
    rounding = 64 * UNIT * (steps + patients)
    slack = rounding * float(curvatures[-1]) * float((start - optimum).square().sum())
    because = f"roundings of 1.1e-16 in {steps} steps and in sums over {patients} patients"
    off = {"rtol": rounding, "atol": slack, "because": because}
    found = [Prediction(f"{run.variant}.loss", claim, float(losses[-1]), "normal equations", **off)]
    if (losses.diff().abs() > slack + rounding * losses[1:]).all():  # else rounding might decide a step
        claim, downhill = f"steps of {steps} that go downhill", int((losses.diff() < 0).sum())
        found.append(Prediction(f"{run.variant}.downhill", claim, downhill, "normal equations"))
    return found


def measure(run: AnyRun) -> dict[str, Quantity]:
    """The same quantities, from the recorded points and gradients."""
    points, rate = run.callback(ParameterTrajectory).points, run.optimizer["lr"]
    losses, k = losses_at(run, points), len(points) - 1
    if kind(run) == "table":
        return {"loss": float(losses[-1]), "downhill": int((losses.diff() < 0).sum())}
    if kind(run) == "bowl":
        return measure_bowl(run, points[:, 0], losses)
    decay = points[-1].abs() * math.sqrt(2 * rate * k) if kind(run) == "x⁴/4" else losses[-1] * rate * k
    return {"decay": float(decay), "factor": float(losses[-1] / losses[-2])}


def measure_bowl(run: AnyRun, x: Tensor, losses: Tensor) -> dict[str, Quantity]:
    """x is (K + 1,), and so are its losses."""
    rate, (curvature, bottom) = run.optimizer["lr"], parabola(run)
    slopes = run.callback(ParameterTrajectory).gradients[:, 0]
    flow = regimes.flow(rate * (len(x) - 1), float(x[0]), bottom, curvature)
    return {
        "regime": regime_of(factors(x - bottom)),
        "end": float(x[-1]),
        "fall": float((-losses.diff() / slopes**2)[far_out(x - bottom)].min()),
        "lead": (float(x[-1]) - flow) / rate,
    }


def far_out(distances: Tensor) -> Tensor:
    """Which steps begin so far out that rounding is small there."""
    return distances[:-1].abs() >= regimes.FAR * distances[0].abs()


def factors(distances: Tensor) -> Tensor:
    """What each of those steps makes of the distance."""
    return (distances[1:] / distances[:-1])[far_out(distances)]


def regime_of(factors: Tensor) -> str:
    """The name of a path, from the signs and sizes of what its steps make of the distance."""
    if factors[0].abs() < 1e-7:
        return "one step"
    if ((factors + 1).abs() < 1e-7).all():
        return "2-cycle"
    ranges = {"monotone": (0, 1), "alternating": (-1, 0), "diverging": (-math.inf, -1)}
    fitting = [name for name, (low, high) in ranges.items() if ((low < factors) & (factors < high)).all()]
    return fitting[0] if fitting else "none of the five"


def closed_form(run: AnyRun) -> Tensor:
    """Every point before the run, (K + 1, D); where theory has two bounds, the middle between them.

    Raises:
        InputError: no law speaks of the run, or it leaves float64.
    """
    check(run)
    rate, steps = run.optimizer["lr"], int(run.steps)
    if kind(run) in ("bowl", "table"):
        path = descent.iterates(*problem(run), rate, steps)
        if not losses_at(run, path).isfinite().all():
            raise InputError(f"{run.variant} leaves float64 within {steps} steps; lower how many it takes")
        return path
    law = sublinear.quartic if kind(run) == "x⁴/4" else sublinear.logistic
    start = float(start_of(run))
    middles = [sum(law(k, start, rate)) / 2 for k in range(steps + 1)]
    return torch.tensor(middles, dtype=torch.float64)[:, None]


def start_of(run: AnyRun) -> Tensor:
    """All parameters before the run, (D,)."""
    return torch.cat([p.detach().double().flatten() for p in run.model.parameters()])


def problem(run: AnyRun) -> tuple[Tensor, Tensor, Tensor]:
    """w_0, w* and the Hessian of a bowl or a table."""
    if kind(run) == "bowl":
        curvature, bottom = torch.tensor(parabola(run), dtype=torch.float64)
        return start_of(run), bottom[None], curvature[None, None]
    x, y = run.datamodule.x, run.datamodule.y
    return start_of(run), descent.normal_equations(x, y[:, 0]), descent.mse_hessian(x)


def parabola(run: AnyRun) -> tuple[float, float]:
    """λ and x* of a bowl f = c₀ + c₁x + c₂x²."""
    _, first, second = run.model.surface.coefficients.tolist()
    return 2 * second, -first / (2 * second)


def losses_at(run: AnyRun, points: Tensor) -> Tensor:
    """The loss at each of these points, (K + 1, D) to (K + 1,)."""
    if kind(run) == "logistic":
        return torch.stack([logistic(x) for x in points])
    if kind(run) != "table":
        return torch.stack([polynomial(x, run.model.surface.coefficients) for x in points])
    x, y = run.datamodule.x.double(), run.datamodule.y.double()
    return (linear(x, points[:, :-1], points[:, -1]) - y).square().mean(dim=0)


def kind(run: AnyRun) -> str:
    """Which of the laws speaks of the run: bowl, x⁴/4, logistic or table; empty if none does."""
    model, data = run.model, run.datamodule
    if isinstance(model, Regressor) and isinstance(model.network, nn.Linear) and isinstance(data, Diabetes):
        weight, bias = model.network.weight, model.network.bias
        return "table" if weight.shape == (1, data.x.shape[1]) and bias is not None else ""
    if not isinstance(model, Minimizer):
        return ""
    if isinstance(model.surface, Logistic):
        return "logistic"
    c = model.surface.coefficients.tolist() if isinstance(model.surface, Polynomial) else []
    if c == [0, 0, 0, 0, 0.25]:
        return "x⁴/4"
    return "bowl" if len(c) == 3 and c[2] > 0 else ""


def check(run: AnyRun) -> None:
    """Refuse a config of which these laws do not speak."""
    require_plain_trainer(run)
    require_precision(run, "64-true")
    require_optimizer(run, "SGD")
    name, model = run.variant, run.model
    if not kind(run):
        raise InputError(
            f"no law here speaks of the model and data of {name}; choose zoo.models.Polynomial with the "
            "coefficients of x⁴/4 or of a parabola that opens upwards, zoo.models.Logistic, or on "
            "zoo.data.Diabetes torch.nn.Linear with 10 in_features, 1 out_features and a bias"
        )
    if kind(run) == "table":
        return
    require_undisturbed(run)
    if (copies := len(model.surface.point)) != 1:
        raise InputError(f"model.surface.copies is {copies} in {name}; these laws speak of 1")


def draw(runs: list[AnyRun], paths: dict[str, Tensor]) -> Figure:
    """The paths, what a step makes of the distance against ηλ, and how the loss of every run comes down."""
    figure, (left, middle, right) = panels(
        "path, until it leaves the plot", "factor of the distance in a step", "loss"
    )
    shares = torch.linspace(0, 2.4, 97)
    middle.plot(shares, (1 - shares).abs(), color="0.5", linewidth=1)
    middle.axhline(1, color="0.5", linestyle=":")
    for style, run in zip(styles(), runs, strict=False):
        both = (run.callback(ParameterTrajectory).points, paths[run.variant])
        losses = [list(enumerate(losses_at(run, path).tolist()))[1:] for path in both]
        compare(right, f"{run.variant}, η = {run.optimizer['lr']:.3g}", style, *losses)
        if kind(run) == "bowl":
            rate, (curvature, bottom) = run.optimizer["lr"], parabola(run)
            near = [
                p[:13, 0].where((p - bottom)[:13, 0].abs() < 2 * (p - bottom)[0].abs(), math.nan)
                for p in both
            ]
            compare(left, run.variant, style, *(list(enumerate(x.tolist())) for x in near))
            factor = float(factors(both[0][:, 0] - bottom).abs().median())
            compare(middle, run.variant, style, [(rate * curvature, factor)])
    left.set(xlabel="step k", ylabel="x_k", xticks=range(0, 13, 2))
    middle.set(xlabel="ηλ", ylabel="|1 − ηλ|   (dotted: above, it diverges)")
    right.set(xlabel="step k", ylabel="loss", xscale="log", yscale="log", ylim=(3e-5, 1e3))
    legend(figure, right, "markers: measured; lines: predicted")
    return figure


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
