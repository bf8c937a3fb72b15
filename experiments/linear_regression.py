"""What do derivatives do in linear regression, and which learning rates work?

Law: along each eigenvector of the Hessian a step multiplies the error by 1 − ηλ: it converges if and only if
η < 2/λ_max, at best by (κ − 1)/(κ + 1) a step.

With one weight, f = ½ λw² has the slope λw, and a step w ← w − ηλw = (1 − ηλ) w shrinks w if |1 − ηλ| < 1:
that is all. With many weights the second derivatives form a matrix, the Hessian; along its eigenvectors the
weights do not disturb each other, and along each there is one λ, its eigenvalue.

The gradient of the mean squared error is written here by hand and compared with autograd's at every step of
every run. With it, gradient descent on real data, ten measurements of 442 diabetes patients, does what the
Hessian's eigenvalues say: how fast, up to which rate, and where each iterate lies. Raw features, whose units
differ by a factor of hundreds, have a condition number κ a hundred thousand times as large: the same steps
leave nearly all of the error. The best rate is best for the worst start: from one start or other, another
may be ahead for a while.

    python experiments/linear_regression.py

In TensorBoard, open Images: the error step by step, closed form and measurement, and the factor a step
against the rate; loss/train shows just_under and just_over part ways.
Try  --only best_rate --model.optimizer.lr 0.12  (half the best rate: half the speed),  or  --only best_rate
--data.standardize false --trainer.max_steps 30  (for raw features the same rate is far too large).
"""

import torch
from matplotlib.figure import Figure
from rich.table import Table
from torch import Tensor, nn

from zoo.calculus.layers import linear, linear_vjp
from zoo.calculus.losses import mse_vjp
from zoo.cli import ExperimentCLI
from zoo.conditions import require_optimizer, require_plain_trainer, require_precision
from zoo.data import Diabetes
from zoo.diagnostics import GradientNormMonitor, ParameterTrajectory
from zoo.errors import InputError
from zoo.figures import compare, legend, panels, styles
from zoo.report import Report
from zoo.run import Run
from zoo.theory import descent
from zoo.theory.rounding import UNIT
from zoo.training import Regressor
from zoo.verdict import Prediction, Quantity


def main(args: list[str] | None = None) -> Report:
    """Predict, train, measure, judge."""
    callbacks = {"trajectory": ParameterTrajectory, "gradient_norms": GradientNormMonitor}
    cli = ExperimentCLI(__file__, Regressor, args, callbacks)
    cli.announce(p for run in cli.runs for p in predict(run, closed_form(run)))
    paths = {run.variant: closed_form(run) for run in cli.runs}  # training moves the start
    cli.fit()
    measured = {run.variant: measure(run, paths[run.variant]) for run in cli.runs}
    return cli.report(measured, {"descent": draw(cli.runs, paths)}, [what_rates_can_do(cli.runs)])


def predict(run: Run[Regressor], path: Tensor) -> list[Prediction]:
    """What the eigenvalues of the Hessian say of this rate on these data."""
    name, rate, steps = run.variant, run.optimizer["lr"], int(run.steps)
    curvatures = descent.curvatures(hessian(run))
    rounding, because = rounding_of(run), f"a few roundings of 1.1e-16 in each of {steps} steps"
    errors = (path - optimum(run)).norm(dim=1)
    left = float(errors[-1] / errors[0])
    terms = len(run.datamodule.x)
    found = [
        Prediction(
            f"{name}.gradient",
            "largest |hand − autograd| of all steps, relative",
            0.0,
            "elementary",
            atol=2 * terms * UNIT,
            because=f"two orders of summing {terms} terms in float64",
        ),
        Prediction(
            f"{name}.path",
            "largest distance from the closed form, relative",
            0.0,
            "eigenvectors",
            atol=rounding,
            because=because,
        ),
        Prediction(
            f"{name}.left",
            f"‖w − w*‖ after {steps} steps / before",
            left,
            "normal equations",
            atol=rounding,
            rtol=rounding,
            because=because,
        ),
    ]
    if left > 1 or slowest(run) < 1:  # else what still shrinks hides, within this run, what grows
        stable = rate < descent.largest_stable_rate(curvatures)
        claim, fate = f"η = {rate:g} {'<' if stable else '>'} 2/λ_max", "converges" if stable else "diverges"
        found.append(Prediction(f"{name}.fate", claim, fate, "Nocedal & Wright 2006, ch. 3"))
    return found + predict_factor(run, errors)


def predict_factor(run: Run[Regressor], errors: Tensor) -> list[Prediction]:
    """The error's factor a step late in a run that is long enough to show a single one."""
    name, rate, curvatures = run.variant, run.optimizer["lr"], descent.curvatures(hessian(run))
    rounding = rounding_of(run)
    first, last = late(errors, rounding)
    others = abs(factor(errors, first, last) - slowest(run))
    if others > 0.005 * abs(1 - slowest(run)):
        return []
    limit = descent.contraction(rate, curvatures)
    slack = 0.01 * abs(1 - limit)
    because = "a hundredth of 1 − |1 − ηλ|: the run is long enough for other eigenvectors to have half of it"
    claim = "factor of the error a step, max |1 − ηλ|"
    found = [Prediction(f"{name}.factor", claim, limit, "elementary", atol=slack, because=because)]
    off = abs(rate - descent.best_rate(curvatures))
    if off < 1e-5 * rate:
        claim, value = "the same, (κ − 1)/(κ + 1)", descent.best_contraction(curvatures)
        slack += off * float(curvatures[-1])
        because += f"; and η is {off:.0e} off 2/(λ_min + λ_max)"
        found.append(Prediction(f"{name}.best", claim, value, "Polyak 1964", atol=slack, because=because))
    return found


def measure(run: Run[Regressor], path: Tensor) -> dict[str, Quantity]:
    """The same quantities from the recorded iterates and gradients."""
    recorded = run.callback(ParameterTrajectory)
    by_hand = torch.stack([hand_gradient(run, point) for point in recorded.points[:-1]])
    errors = (recorded.points - optimum(run)).norm(dim=1)
    gradients = recorded.gradients
    # As ∇L → 0 the terms in its sum stay large, and so does rounding.
    sizes = gradients.norm(dim=1).clamp(min=float(gradients[0].norm()))
    late_factor = factor(errors, *late((path - optimum(run)).norm(dim=1), rounding_of(run)))
    return {
        "gradient": float(((by_hand - gradients).norm(dim=1) / sizes).max()),
        "fate": "converges" if errors[-1] < errors[0] else "diverges",
        "path": float(((recorded.points - path).norm(dim=1) / path.norm(dim=1)).max()),
        "left": float(errors[-1] / errors[0]),
        "factor": late_factor,
        "best": late_factor,
    }


def hand_gradient(run: Run[Regressor], point: Tensor) -> Tensor:
    """∇L at (w…, b) by the chain rule: the loss's derivative, then the linear layer's."""
    x, y = run.datamodule.x.double(), run.datamodule.y.double()
    w, b = point[None, :-1], point[-1:]
    (g, _) = mse_vjp(torch.ones(()), linear(x, w, b), y)
    _, dw, db = linear_vjp(g, x, w, b)
    return torch.cat([dw.flatten(), db])


def closed_form(run: Run[Regressor]) -> Tensor:
    """Every iterate before the run: w_k = w* + V (I − ηΛ)^k Vᵀ (w_0 − w*).

    Raises:
        InputError: these laws do not speak of the run, or its iterates leave float64.
    """
    check(run)
    path = descent.iterates(start(run), optimum(run), hessian(run), run.optimizer["lr"], int(run.steps))
    if not path.norm(dim=1).isfinite().all():
        raise InputError(f"{run.variant} leaves float64 within {run.steps} steps; lower trainer.max_steps")
    return path


def start(run: Run[Regressor]) -> Tensor:
    """w_0 = (w…, b), as the seed has drawn it."""
    return torch.cat([p.detach().double().flatten() for p in run.model.network.parameters()])


def hessian(run: Run[Regressor]) -> Tensor:
    """(2/N) AᵀA with A = [x 1], of the run's data."""
    return descent.mse_hessian(run.datamodule.x)


def optimum(run: Run[Regressor]) -> Tensor:
    """(w…, b) of the normal equations."""
    return descent.normal_equations(run.datamodule.x, run.datamodule.y[:, 0])


def slowest(run: Run[Regressor]) -> float:
    """max |1 − ηλ|, from the eigenvalues themselves: it decides whether a run is long enough for a claim."""
    return float((1 - run.optimizer["lr"] * torch.linalg.eigvalsh(hessian(run))).abs().max())


def rounding_of(run: Run[Regressor]) -> float:
    """How far, relative to the start's error, rounding may carry the iterates from their closed form.

    Every step rounds, and so does every eigenvalue, which the closed form raises to the power of the step.
    """
    return 32 * UNIT * (run.steps + run.model.network.in_features + 1)


def late(errors: Tensor, rounding: float) -> tuple[int, int]:
    """From which step to which the factor is read: the last tenth of those that rounding leaves alone."""
    last = max(1, int((errors > 1e4 * rounding * errors[0]).nonzero()[-1]))
    return last - max(1, last // 10), last


def factor(errors: Tensor, first: int, last: int) -> float:
    """The geometric mean of the error's factor a step, between two steps."""
    return float((errors[last] / errors[first]) ** (1 / (last - first)))


def check(run: Run[Regressor]) -> None:
    """Refuse a config of which these laws do not speak."""
    require_plain_trainer(run)
    require_precision(run, "64-true")
    require_optimizer(run, "SGD")
    network, data = run.model.network, run.datamodule
    if not (isinstance(network, nn.Linear) and network.bias is not None and network.out_features == 1):
        raise InputError(
            f"the network of {run.variant} is {network}; these laws speak of torch.nn.Linear with a bias and "
            "one output"
        )
    if not isinstance(data, Diabetes) or network.in_features != data.x.shape[1]:
        found = f"{type(data).__name__} and {network.in_features} in_features"
        raise InputError(
            f"{run.variant} has {found}; these laws speak of zoo.data.Diabetes and its 10 features"
        )


def what_rates_can_do(runs: list[Run[Regressor]]) -> Table:
    """κ, the limit and the factor of every run, and after how many steps a hundredth of any error is left."""
    columns = ("run", "κ", "2/λ_max", "η", "max |1 − ηλ|", "steps to 1 %")
    table = Table(*columns, title="What the eigenvalues say", title_justify="left")
    for run in runs:
        rate, curvatures = run.optimizer["lr"], descent.curvatures(hessian(run))
        limit, factor = descent.largest_stable_rate(curvatures), descent.contraction(rate, curvatures)
        steps = f"{descent.steps_to(0.01, rate, curvatures):,}" if factor < 1 else "never"
        numbers = (descent.condition_number(curvatures), limit, rate)
        table.add_row(run.variant, *(f"{number:.6g}" for number in numbers), f"{factor:.8f}", steps)
    return table


def draw(runs: list[Run[Regressor]], paths: dict[str, Tensor]) -> Figure:
    """The error step by step beside its closed form, and the factor a step against the rate."""
    figure, (left, right) = panels("error, step by step", "factor of the error a step (dotted: 2/λ_max)")
    curvatures = descent.curvatures(hessian(runs[0]))
    limit = descent.largest_stable_rate(curvatures)
    rates = torch.linspace(0.01 * limit, 1.05 * limit, 400).tolist()
    right.plot(rates, [descent.contraction(rate, curvatures) for rate in rates], color="0.5", linewidth=1)
    right.axvline(limit, color="0.5", linestyle=":")
    for style, run in zip(styles(), runs, strict=False):
        errors = (run.callback(ParameterTrajectory).points - optimum(run)).norm(dim=1)
        predicted = (paths[run.variant] - optimum(run)).norm(dim=1)
        measured = factor(errors, *late(predicted, rounding_of(run)))
        relative = [list(enumerate((e / e[0]).tolist())) for e in (errors, predicted)]
        compare(left, f"{run.variant}, η = {run.optimizer['lr']:g}", style, *relative)
        if torch.equal(
            run.datamodule.x, runs[0].datamodule.x
        ):  # the curve on the right is that of these data
            compare(right, run.variant, style, [(run.optimizer["lr"], measured)])
    left.set(xlabel="step k", ylabel="‖w_k − w*‖ / ‖w_0 − w*‖", yscale="log")
    right.set(xlabel="learning rate η", ylabel="max |1 − ηλ|", ylim=(0.98, 1.03))
    legend(figure, left, "markers: measured; lines: closed form", columns=3)
    return figure


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
