"""How fast does gradient descent converge where there is no curvature to speak of?

Law: where the curvature dies out no step leaves a fixed factor of the loss. On x⁴/4 the loss falls like
1/(16 (ηk)²), on ln(1 + e⁻ʷ) like 1/(ηk): by powers of the number of steps k, and step k leaves 1 − 2/k or
1 − 1/k of it.

On a parabola with the curvature λ a step with the learning rate η leaves 1 − ηλ of the distance from the
lowest point, and the thousandth step is worth, in percent, just what the first was. That is called linear
convergence, since the logarithm of the distance falls on a straight line. It needs a curvature.

x⁴/4 has none at its lowest point: f″ = 3x² is 0 at 0. A step leaves 1 − ηx² of x, which is the nearer to 1
the nearer x is to 0. ln(1 + e⁻ʷ) is the loss of one sample that a classifier has on the right side; w is its
logit, the number that goes into the sigmoid. It has no lowest point at all: w goes on for ever, like ln(ηk).
Both go downhill in every step, and each step is worth less than the one before. What divides the loss by 4,
or by 2, is not so many steps more, but twice as many in all.

    python experiments/sublinear_convergence.py

In TensorBoard, open Images: the losses on logarithmic axes, where a power of k is a straight line and a fixed
factor bends down, and the share of the loss that step k takes off; loss/height shows what a learner sees.
Try  --only no_bottom --data.count 600  (twice the steps: half of the loss is left),  or  --only flat_bottom
--model.optimizer.lr 0.2  (a quarter is left: twice the rate is worth twice the steps).
"""

import math
import sys

import torch
from matplotlib.figure import Figure

from zoo.cli import ExperimentCLI
from zoo.conditions import require_descent
from zoo.diagnostics import GradientNormMonitor, ParameterTrajectory
from zoo.errors import InputError
from zoo.figures import compare, legend, panels, styles
from zoo.models import Logistic, Polynomial
from zoo.report import Report
from zoo.run import Run
from zoo.theory import sublinear
from zoo.theory.rounding import UNIT
from zoo.training import Minimizer
from zoo.verdict import Prediction, Quantity


def main(args: list[str] | None = None) -> Report:
    """Predict, run, measure, judge."""
    callbacks = {"trajectory": ParameterTrajectory, "gradient_norms": GradientNormMonitor}
    cli = ExperimentCLI(__file__, Minimizer, args, callbacks)
    cli.announce(p for run in cli.runs for p in predict(run))
    cli.fit()
    measured = {run.variant: measure(run) for run in cli.runs}
    return cli.report(measured, {"sublinear": draw(cli.runs)})


def predict(run: Run[Minimizer]) -> list[Prediction]:
    """The loss in the end, what twice the steps make of it, and what the last step does."""
    law, (k, start, rate) = law_of(run), form_of(run, int(run.steps))
    power, about = law.power, (rate * k) ** law.power
    if not law.constant / sys.float_info.max < about < math.inf:
        raise InputError(
            f"lr is {rate:g} in {run.variant}; with {k} steps, (ηk)^{power} leaves float64: choose another"
        )
    claims = {
        "loss": (
            f"loss after k = {k} steps, about {law.constant:g} · (ηk)^−{power} = {law.constant / about:.3g}",
            law.loss,
        ),
        "doubling": (f"loss after {k // 2} steps / after {k}: about 2^{power}", law.doubling),
        "factor": (f"loss after step {k} / before it: about 1 − {power}/k", law.factor),
    }
    return [
        between(f"{run.variant}.{quantity}", claim, *known)
        for quantity, (claim, bounds) in claims.items()
        if (known := bounds(k, start, rate)) is not None
    ]


def between(key: str, claim: str, low: float, high: float) -> Prediction:
    """A claim on a number of which theory knows two bounds."""
    slack = (high - low) / 2 + 64 * UNIT * high
    because = "half the gap between two bounds: what the law leaves over, summed over all steps"
    return Prediction(key, claim, (low + high) / 2, "derived", atol=slack, because=because)


def measure(run: Run[Minimizer]) -> dict[str, Quantity]:
    """The same quantities, from the recorded points."""
    losses = losses_of(run)
    k = len(losses) - 1
    return {"loss": losses[k], "doubling": losses[k // 2] / losses[k], "factor": losses[k] / losses[k - 1]}


def losses_of(run: Run[Minimizer]) -> list[float]:
    """f(x_0) … f(x_K), of the points that training visited, by the run's own surface."""
    points = run.callback(ParameterTrajectory).points
    return [float(torch.func.functional_call(run.model.surface, {"point": x[None]}, ())) for x in points]


def law_of(run: Run[Minimizer]) -> sublinear.Law:
    """What theory knows of the run's surface; a config of which it knows nothing is refused."""
    surface = run.model.surface
    logistic = isinstance(surface, Logistic)
    require_descent(run, Logistic if logistic else Polynomial)
    if not logistic and surface.coefficients.tolist() != [0, 0, 0, 0, 0.25]:
        raise InputError(
            f"coefficients are {surface.coefficients.tolist()} in {run.variant}; choose those of x⁴/4, "
            "[0, 0, 0, 0, 0.25], or zoo.models.Logistic"
        )
    if len(surface.point) != 1:
        raise InputError(f"model.surface.copies is {len(surface.point)} in {run.variant}; choose 1")
    return sublinear.LOGISTIC if logistic else sublinear.QUARTIC


def form_of(run: Run[Minimizer], step: int) -> tuple[int, float, float]:
    """k, x_0 and η, as the laws take them."""
    return step, float(run.config.model.surface.init_args.start), run.optimizer["lr"]


def draw(runs: list[Run[Minimizer]]) -> Figure:
    """The losses, and what of it each step takes off, beside a fixed factor."""
    figure, (left, right) = panels("loss", "share of the loss that step k takes off")
    steps = range(1, 1 + max(int(run.steps) for run in runs))
    left.plot(steps, [0.9**k for k in steps], "--", color="0.5", label="a fixed factor, 0.9")
    right.plot(steps, [0.1 for _ in steps], "--", color="0.5")
    for style, run in zip(styles(), runs, strict=False):
        losses, law = losses_of(run), law_of(run)
        forms = [form_of(run, k) for k in range(1, len(losses))]
        known = [(k, sum(law.loss(k, *form)) / 2) for k, *form in forms]
        factors = [(k, law.factor(k, *form)) for k, *form in forms]
        taken = [(k, 1 - sum(bounds) / 2) for k, bounds in factors if bounds is not None]
        shares = [(k, 1 - losses[k] / losses[k - 1]) for k, _ in known]
        compare(
            left, f"{run.variant}, η = {run.optimizer['lr']:g}", style, list(enumerate(losses))[1:], known
        )
        compare(right, run.variant, style, shares, taken)
    left.set(xlabel="step k", ylabel="f(x_k)", xscale="log", yscale="log", ylim=(1e-5, 1))
    right.set(xlabel="step k", ylabel="1 − f(x_k)/f(x_{k−1})", xscale="log", yscale="log")
    legend(figure, left, "markers: measured; lines: between the bounds")
    return figure


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
