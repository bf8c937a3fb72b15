"""What do derivatives do in linear regression, and which learning rates work?

Law: along each eigenvector of the Hessian a step multiplies the error by 1 − ηλ: it converges if and only if
η < 2/λ_max, at best by (κ − 1)/(κ + 1) a step.

With one weight, f = ½ λw² has the slope λw, and a step w ← w − ηλw = (1 − ηλ) w shrinks w if |1 − ηλ| < 1:
that is all. With many weights the second derivatives form a matrix, the Hessian; along its eigenvectors the
weights do not disturb each other, and along each there is one λ, its eigenvalue. The largest forbids a large
rate η; with what η is left, the smallest is slow. At the best rate both shrink alike, the steepest direction
by jumping to and fro; it is best for the worst start, and from one start or other another rate may be ahead.
How slow that is depends on their ratio alone, the condition number κ = λ_max/λ_min.

The gradient of the mean squared error is written here by hand and compared with autograd's at every step.
With it, gradient descent on real data, ten measurements of 442 diabetes patients, does what the eigenvalues
say. Raw features, whose units differ by a factor of hundreds, have a κ a hundred thousand times as large: the
same steps leave nearly all of the error.

    python experiments/linear_regression.py

In TensorBoard, open Images: the error step by step, closed form and measurement, and the factors a step
against the rate; loss/train shows just_under and just_over part ways.
Try  --only best_rate --model.optimizer.lr 0.12  (half the best rate: half the speed),  or  --only best_rate
--data.standardize false --trainer.max_steps 30  (for raw features the same rate is far too large).
"""

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.table import Table
from torch import Tensor

from zoo.calculus.layers import linear, linear_vjp
from zoo.calculus.losses import mse_vjp
from zoo.cli import ExperimentCLI
from zoo.conditions import require_least_squares
from zoo.diagnostics import GradientNormMonitor, ParameterTrajectory
from zoo.figures import compare, legend, panels, styles
from zoo.methods import along_eigenvectors, least_squares, least_squares_path
from zoo.report import Report
from zoo.run import Run
from zoo.theory import descent
from zoo.theory.rounding import UNIT
from zoo.training import Regressor
from zoo.verdict import Prediction, Quantity

ENDS = {"flattest": 0, "steepest": -1}  # eigenvectors of λ_min and λ_max, among those in order of λ


def main(args: list[str] | None = None) -> Report:
    """Predict, train, measure, judge."""
    callbacks = {"trajectory": ParameterTrajectory, "gradient_norms": GradientNormMonitor}
    cli = ExperimentCLI(__file__, Regressor, args, callbacks)
    cli.announce(p for run in cli.runs for p in predict(run, closed_form(run)))
    predicted = {run.variant: closed_form(run) for run in cli.runs}  # training moves the start
    cli.fit()
    measured = {run.variant: measure(run) for run in cli.runs}
    return cli.report(measured, {"descent": draw(cli.runs, predicted)}, [what_rates_can_do(cli.runs)])


def predict(run: Run[Regressor], errors: Tensor) -> list[Prediction]:
    """The gradient; what is left of the error after all steps, whether it converges, and how fast."""
    name, rate, steps, curvatures = run.variant, run.optimizer["lr"], int(run.steps), curvatures_of(run)
    terms, rounding = len(run.datamodule.x), 32 * UNIT * (steps + len(curvatures))
    summing = {"atol": 2 * terms * UNIT, "because": f"two orders of summing {terms} terms in float64"}
    because = f"a few roundings of 1.1e-16 in each of {steps} steps"
    left = float(errors[-1].norm() / errors[0].norm())
    claim, slack = f"‖w − w*‖ after {steps} steps / before", {"atol": rounding, "rtol": rounding}
    found = [
        Prediction(f"{name}.gradient", "largest |hand − autograd|, relative", 0.0, "elementary", **summing),
        Prediction(f"{name}.left", claim, left, "normal equations", **slack, because=because),
    ]
    seen = abs(left - 1) > rounding * (1 + left)  # else rounding would decide
    if seen and (left > 1 or all(abs(1 - rate * curvatures) < 1)):  # else what shrinks hides what grows
        stable = rate < descent.largest_stable_rate(curvatures)
        claim, fate = f"η = {rate:g} {'<' if stable else '>'} 2/λ_max", "converges" if stable else "diverges"
        found.append(Prediction(f"{name}.fate", claim, fate, "Nocedal & Wright 2006, ch. 3"))
    return found + predict_factors(run, errors)


def predict_factors(run: Run[Regressor], errors: Tensor) -> list[Prediction]:
    """What a step multiplies the error by along the flattest and the steepest eigenvector."""
    name, rate, curvatures = run.variant, run.optimizer["lr"], curvatures_of(run)
    rounding = 32 * UNIT * descent.condition_number(curvatures) * float(errors[:2].norm())
    because = "rounding in the eigenvectors, 1.1e-16 times κ, relative to the error along this one"
    found, slack = [], 0.0
    for end, i in ENDS.items():
        value, claim = 1 - rate * float(curvatures[i]), f"factor a step along the {end} eigenvector, 1 − ηλ"
        slack = max(slack, rounding / abs(float(errors[0, i])))
        if slack < rate * curvatures[i] / 100:  # else one cannot tell that it moves
            found.append(Prediction(f"{name}.{end}", claim, value, "elementary", atol=slack, because=because))
    off = abs(rate - descent.best_rate(curvatures))
    if len(found) == len(ENDS) and off < 1e-5 * rate:
        claim, value = "the larger of both, (κ − 1)/(κ + 1)", descent.best_contraction(curvatures)
        slack += off * float(curvatures[-1])
        because = f"η is {off:.0e} off 2/(λ_min + λ_max), and rounding"
        found.append(Prediction(f"{name}.best", claim, value, "Polyak 1964", atol=slack, because=because))
    return found


def measure(run: Run[Regressor]) -> dict[str, Quantity]:
    """The same quantities from the recorded iterates and gradients."""
    recorded = run.callback(ParameterTrajectory)
    errors, gradients = along_eigenvectors(run, recorded.points), recorded.gradients
    by_hand = torch.stack([hand_gradient(run, point) for point in recorded.points[:-1]])
    # As ∇L → 0 the terms in its sum stay large, and so does rounding.
    sizes = gradients.norm(dim=1).clamp(min=float(gradients[0].norm()))
    left, factors = float(errors[-1].norm() / errors[0].norm()), first_factors(errors)
    return {
        "gradient": float(((by_hand - gradients).norm(dim=1) / sizes).max()),
        "left": left,
        "fate": "converges" if left < 1 else "diverges",
        **factors,
        "best": max(map(abs, factors.values())),
    }


def first_factors(errors: Tensor) -> dict[str, float]:
    """By what the first step has multiplied the error, along both eigenvectors."""
    return {end: float(errors[1, i] / errors[0, i]) for end, i in ENDS.items()}


def hand_gradient(run: Run[Regressor], point: Tensor) -> Tensor:
    """∇L at (w…, b) by the chain rule: the loss's derivative, then the linear layer's."""
    x, y = run.datamodule.x.double(), run.datamodule.y.double()
    w, b = point[None, :-1], point[-1:]
    (g, _) = mse_vjp(torch.ones(()), linear(x, w, b), y)
    _, dw, db = linear_vjp(g, x, w, b)
    return torch.cat([dw.flatten(), db])


def closed_form(run: Run[Regressor]) -> Tensor:
    """The errors of every iterate along the eigenvectors, before the run: (1 − ηΛ)^k Vᵀ (w_0 − w*).

    Raises:
        InputError: these laws do not speak of the run, or its loss leaves float64.
    """
    require_least_squares(run)
    return along_eigenvectors(run, least_squares_path(run))


def curvatures_of(run: Run[Regressor]) -> Tensor:
    """λ, the eigenvalues of the Hessian, the smallest first."""
    return descent.curvatures(least_squares(run)[1])


def what_rates_can_do(runs: list[Run[Regressor]]) -> Table:
    """κ, the limit and the factor of every run, and after how many steps a hundredth of any error is left."""
    columns = ("run", "κ", "2/λ_max", "η", "max |1 − ηλ|", "steps to 1 %")
    table = Table(*columns, title="What the eigenvalues say", title_justify="left")
    for run in runs:
        rate, curvatures = run.optimizer["lr"], curvatures_of(run)
        limit, factor = descent.largest_stable_rate(curvatures), descent.contraction(rate, curvatures)
        steps = f"{descent.steps_to(0.01, rate, curvatures):,}" if factor < 1 else "never"
        numbers = (descent.condition_number(curvatures), limit, rate)
        table.add_row(run.variant, *(f"{number:.6g}" for number in numbers), f"{factor:.8f}", steps)
    return table


def draw(runs: list[Run[Regressor]], predicted: dict[str, Tensor]) -> Figure:
    """The error step by step beside its closed form, and the factors a step against the rate."""
    figure, (left, right) = panels("error, step by step", "what a step multiplies it by")
    limit = draw_factors(right, curvatures_of(runs[0]))
    for style, run in zip(styles(), runs, strict=False):
        rate, points = run.optimizer["lr"], run.callback(ParameterTrajectory).points
        errors = along_eigenvectors(run, points)
        norms = [e.norm(dim=1) / e[0].norm() for e in (errors, predicted[run.variant])]
        compare(left, f"{run.variant}, η = {rate:g}", style, *(list(enumerate(e.tolist())) for e in norms))
        if rate < 1.05 * limit and torch.equal(run.datamodule.x, runs[0].datamodule.x):  # whose λ these are
            compare(right, "", style, [(rate, factor) for factor in first_factors(errors).values()])
    left.set(xlabel="step k", ylabel="‖w_k − w*‖ / ‖w_0 − w*‖", yscale="log")
    legend(figure, left, "markers: measured; lines: closed form", columns=3)
    return figure


def draw_factors(axes: Axes, curvatures: Tensor) -> float:
    """1 − ηλ over η, of the flattest and the steepest eigenvector; and the η at which it is −1."""
    limit = descent.largest_stable_rate(curvatures)
    rates = torch.linspace(0, 1.05 * limit, 2)
    for grey, (end, i) in zip(("0.7", "0.4"), ENDS.items(), strict=True):
        label = f"along the {end}, λ = {curvatures[i]:.3g}"
        axes.plot(rates, 1 - rates * curvatures[i], color=grey, label=label)
    axes.axvline(limit, color="0.5", linestyle=":")
    axes.axhline(-1, color="0.5", linestyle=":")
    axes.set(xlabel="learning rate η (dotted: 2/λ_max)", ylabel="1 − ηλ")
    axes.legend(fontsize="small")
    return limit


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
