"""What do derivatives do in linear regression, and which learning rates work?

Law: along each eigenvector of the Hessian a step multiplies the error by 1 − ηλ: it converges if and only if
η < 2/λ_max, at best by (κ − 1)/(κ + 1) a step.

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
from torch import Tensor

from zoo.calculus.layers import linear, linear_vjp
from zoo.calculus.losses import mse_vjp
from zoo.cli import ExperimentCLI
from zoo.diagnostics import GradientNormMonitor, ParameterTrajectory
from zoo.figures import compare, legend, panels, styles
from zoo.report import Report
from zoo.run import Run
from zoo.theory import descent
from zoo.training import Regressor
from zoo.verdict import Prediction, Quantity


def main(args: list[str] | None = None) -> Report:
    """Predict, train, measure, judge."""
    callbacks = {"trajectory": ParameterTrajectory, "gradient_norms": GradientNormMonitor}
    cli = ExperimentCLI(__file__, Regressor, args, callbacks)
    paths = {run.variant: closed_form(run) for run in cli.runs}
    cli.announce(p for run in cli.runs for p in predict(run, paths[run.variant]))
    cli.fit()
    measured = {run.variant: measure(run, paths[run.variant]) for run in cli.runs}
    return cli.report(measured, {"descent": draw(cli.runs, paths)}, [what_rates_can_do(cli.runs)])


def predict(run: Run[Regressor], path: Tensor) -> list[Prediction]:
    """What the eigenvalues of the Hessian say of this rate on these data."""
    name, rate, steps = run.variant, run.optimizer["lr"], run.trainer.max_steps
    check(run, path)
    curvatures = descent.curvatures(hessian(run))
    stable = rate < descent.largest_stable_rate(curvatures)
    rounding = {"atol": 1e-9, "because": f"float64's 1e-16, over {steps} steps and in the eigenvectors"}
    errors = (path - optimum(run)).norm(dim=1)
    found = [
        Prediction(
            f"{name}.gradient",
            "largest |hand − autograd| of all steps, relative",
            0.0,
            "elementary",
            atol=1e-12,
            because="two orders of summing 442 terms in float64",
        ),
        Prediction(f"{name}.path", "largest distance from the closed form", 0.0, "eigenvectors", **rounding),
        Prediction(
            f"{name}.left",
            f"‖w − w*‖ after {steps} steps / before",
            float(errors[-1] / errors[0]),
            "normal equations",
            rtol=1e-9,
            because=rounding["because"],
        ),
    ]
    share = share_of_the_rest(run, path[0] - optimum(run))
    factor = descent.contraction(rate, curvatures)
    if factor < 1 or share < factor**2 - 1:  # else what still shrinks hides, within this run, what grows
        claim, fate = f"η = {rate:g} {'<' if stable else '>'} 2/λ_max", "converges" if stable else "diverges"
        found.append(Prediction(f"{name}.fate", claim, fate, "Nocedal & Wright 2006, ch. 3"))
    return found if share > 1e-6 else [*found, predict_factor(name, rate, curvatures, share)]


def predict_factor(name: str, rate: float, curvatures: Tensor, share: float) -> Prediction:
    """The error's factor a step at the end of a run that is long enough to show a single one."""
    key, best = f"{name}.factor", descent.best_rate(curvatures)
    if abs(rate - best) < 1e-5 * best:
        claim, value = "factor of the error a step, (κ − 1)/(κ + 1)", descent.best_contraction(curvatures)
        tolerance = {"atol": 1e-5, "because": "the config has six digits of the best rate"}
    else:
        claim, value = "factor of the error a step, max |1 − ηλ|", descent.contraction(rate, curvatures)
        tolerance = {"atol": 1e-9 + share, "because": "what the other eigenvectors still contribute"}
    return Prediction(key, claim, value, "Polyak 1964", **tolerance)


def measure(run: Run[Regressor], path: Tensor) -> dict[str, Quantity]:
    """The same quantities from the recorded iterates and gradients."""
    recorded = run.callback(ParameterTrajectory)
    by_hand = torch.stack([hand_gradient(run, point) for point in recorded.points[:-1]])
    errors = (recorded.points - optimum(run)).norm(dim=1)
    gradients = recorded.gradients
    sizes = gradients.norm(dim=1)
    sizes = sizes.clamp(
        min=float(sizes[0])
    )  # as ∇L → 0 the terms in its sum stay large, and so does rounding
    return {
        "gradient": float(((by_hand - gradients).norm(dim=1) / sizes).max()),
        "fate": "converges" if measured_factor(errors) < 1 else "diverges",
        "path": float(((recorded.points - path).norm(dim=1) / path.norm(dim=1)).max()),
        "left": float(errors[-1] / errors[0]),
        "factor": measured_factor(errors),
    }


def hand_gradient(run: Run[Regressor], point: Tensor) -> Tensor:
    """∇L at (w…, b) by the chain rule: the loss's derivative, then the linear layer's."""
    x, y = run.datamodule.x.double(), run.datamodule.y.double()
    w, b = point[None, :-1], point[-1:]
    (g, _) = mse_vjp(torch.ones(()), linear(x, w, b), y)
    _, dw, db = linear_vjp(g, x, w, b)
    return torch.cat([dw.flatten(), db])


def closed_form(run: Run[Regressor]) -> Tensor:
    """Every iterate before the run: w_k = w* + V (I − ηΛ)^k Vᵀ (w_0 − w*)."""
    start = torch.cat([p.detach().double().flatten() for p in run.model.network.parameters()])
    return descent.iterates(start, optimum(run), hessian(run), run.optimizer["lr"], run.trainer.max_steps)


def hessian(run: Run[Regressor]) -> Tensor:
    """(2/N) AᵀA with A = [x 1], of the run's data."""
    return descent.mse_hessian(run.datamodule.x)


def optimum(run: Run[Regressor]) -> Tensor:
    """(w…, b) of the normal equations."""
    return descent.normal_equations(run.datamodule.x, run.datamodule.y[:, 0])


def share_of_the_rest(run: Run[Regressor], error: Tensor) -> float:
    """The share of the squared error, late in the run, that is not along the slowest eigenvectors.

    Along eigenvector v it is (v·e_0)² (1 − ηλ)^(2k), here at nine tenths of the run.
    """
    curvatures, vectors = torch.linalg.eigh(hessian(run))
    sizes = (1 - run.optimizer["lr"] * curvatures).abs()
    late = (vectors.T @ error) ** 2 * (sizes / sizes.max()) ** (1.8 * run.trainer.max_steps)
    slowest = sizes > 0.999 * sizes.max()
    return float(late[~slowest].sum() / late[slowest].sum())


def check(run: Run[Regressor], path: Tensor) -> None:
    """Refuse a config of which the laws do not speak."""
    o = run.optimizer
    if o["name"] != "SGD" or o["momentum"] or o["weight_decay"]:
        raise ValueError(f"{run.variant} has another optimizer than plain SGD, of which these laws speak")
    if not path.isfinite().all():
        raise ValueError(
            f"{run.variant} leaves float64 within {len(path) - 1} steps; lower trainer.max_steps"
        )


def measured_factor(errors: Tensor) -> float:
    """The geometric mean of the error's factor a step over the last tenth of the run."""
    tail = max(1, len(errors) // 10)
    return float((errors[-1] / errors[-1 - tail]) ** (1 / tail))


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
    figure, (left, right) = panels("error, step by step", "factor of the error a step")
    curvatures = descent.curvatures(hessian(runs[0]))
    limit = descent.largest_stable_rate(curvatures)
    rates = torch.linspace(0.01 * limit, 1.05 * limit, 400).tolist()
    right.plot(rates, [descent.contraction(rate, curvatures) for rate in rates], color="0.5", linewidth=1)
    right.axvline(limit, color="0.5", linestyle=":", label="2/λ_max")
    for style, run in zip(styles(), runs, strict=False):
        errors = (run.callback(ParameterTrajectory).points - optimum(run)).norm(dim=1)
        predicted = (paths[run.variant] - optimum(run)).norm(dim=1)
        relative = [list(enumerate((e / e[0]).tolist())) for e in (errors, predicted)]
        compare(left, f"{run.variant}, η = {run.optimizer['lr']:g}", style, *relative)
        if torch.equal(
            run.datamodule.x, runs[0].datamodule.x
        ):  # the curve on the right is that of these data
            compare(right, run.variant, style, [(run.optimizer["lr"], measured_factor(errors))])
    left.set(xlabel="step k", ylabel="‖w_k − w*‖ / ‖w_0 − w*‖", yscale="log")
    right.set(xlabel="learning rate η", ylabel="max |1 − ηλ|", ylim=(0.98, 1.03))
    legend(figure, left, "markers: measured; lines: closed form", columns=3)
    return figure


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
