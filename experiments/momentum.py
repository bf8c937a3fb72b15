"""What does momentum buy in a narrow valley, and what does it cost?

Law: on curvature λ the error goes like z^k, z a root of a quadratic in η, λ and β. Momentum brings the best
|z| from (κ − 1)/(κ + 1) to (√κ − 1)/(√κ + 1); where its roots are complex, |z| = √β.

A valley bends little along its floor (λ₁) and much across it (λ_n); κ = λ_n/λ₁. The steep sides limit the
learning rate η, and along the floor such steps are short. Momentum remembers: v ← βv + g, then w ← w − ηv,
in PyTorch's form. Where gradients agree they add up, to steps of η/(1 − β) times the slope; where they
alternate they cancel. Nesterov steps by g + βv. (Adam, for comparison, steps by η on any straight slope.)

It is a weight on a spring, and the smaller β the more friction. With little momentum it creeps home; with
much it swings through, every π/ω steps, cos ω = (1 + β − ηλ)/(2√β), and the swings shrink by √β a step,
whatever the curvature. (A footnote of Distill's article on momentum has 2√β, which is a slip.) In between
lies critical damping, β_c = (1 − √(ηλ))², the fastest. There both roots are one, and the error is
(1 + ck) z^k: 1 + ck delays it, so a straight line through its logarithm shows a slower rate than the one that
it comes to, and across the valley it first throws w out to nearly four times its start.

Momentum moves the limit of the learning rate, too: heavy ball, as the plain form is called, stands ηλ up to
2(1 + β), more than gradient descent's 2, but Nesterov only 2(1 + β)/(1 + 2β). What it costs is tuning: the
best η and β depend on λ₁ and λ_n, which nobody knows of a network, and beside them the gain is soon lost.

    python experiments/momentum.py

In TensorBoard, open Images: the paths in the valley, the error step by step on its closed form, and the rate
against β, which falls to a kink at critical damping and rises again.
Try  --only heavy_ball --model.optimizer.momentum 0.9  (more is not better: the rate is now √0.9 = 0.949),
or  --only critically_damped --model.optimizer.dampening 0.81  (v ← βv + (1 − β)g, an average: 0.99 a step,
hardly better than without),  or  --only nesterov --model.optimizer.lr 0.014  (fine for gradient descent, but
for Nesterov ηλ_n = 1.4 is beyond the limit: it diverges).
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from matplotlib.figure import Figure
from rich.table import Table
from torch import Tensor

from zoo.cli import ExperimentCLI
from zoo.conditions import (
    require_optimizer,
    require_plain_trainer,
    require_precision,
    require_undisturbed,
)
from zoo.diagnostics import GradientNormMonitor, ParameterTrajectory
from zoo.errors import InputError
from zoo.figures import compare, legend, panels, styles
from zoo.methods import in_words, momentum_form
from zoo.models import Polynomial, Quadratic
from zoo.report import Report
from zoo.run import Run
from zoo.theory import descent, momentum
from zoo.theory.rounding import UNIT
from zoo.training import Minimizer
from zoo.verdict import Prediction, Quantity

GOAL = 1e-6  # of the error at the start
FIT: Any = {"atol": 1e-5, "because": "the fit leaves 1e-10 open, and a double root moves by its square root"}


def main(args: list[str] | None = None) -> Report:
    """Predict, run, measure, judge."""
    callbacks = {"trajectory": ParameterTrajectory, "gradient_norms": GradientNormMonitor}
    cli = ExperimentCLI(__file__, Minimizer, args, callbacks)
    cli.announce(p for run in cli.runs for p in predict(run, closed_form(run)))
    paths = {run.variant: closed_form(run) for run in cli.runs}  # training moves the start
    cli.fit()
    measured = {run.variant: measure(run, paths[run.variant]) for run in cli.runs}
    bowls = [run for run in cli.runs if isinstance(run.model.surface, Quadratic)]
    return cli.report(measured, {"momentum": draw(bowls, paths)}, [what_the_roots_say(bowls)])


def predict(run: Run[Minimizer], path: Tensor) -> list[Prediction]:
    """Every point, and what one reads off them: the factor a step, counts, swings, what diverges."""
    slack, because = rounding_of(run)
    claim = f"{in_words(run)}: error of the closed form"
    found = [Prediction(f"{run.variant}.path", claim, 0.0, "derived", atol=slack, because=because)]
    if isinstance(run.model.surface, Polynomial):
        return found + predict_step(run, path)
    if not converges(run):
        return found + predict_fate(run)
    return found + predict_factor(run) + predict_steps(run, path) + predict_swings(run)


def predict_step(run: Run[Minimizer], path: Tensor) -> list[Prediction]:
    """The length of the last step down a straight slope, where it has settled to a tenth or better."""
    o, form, slope = run.optimizer, momentum_form(run), abs(float(numbers_of(run)))
    step = slope * descent.terminal_rate(o["lr"], form["momentum"], form["dampening"])
    settling = max(step, slope * o["lr"]) * form["momentum"] ** (len(path) - 2)
    if settling > 0.1 * step:
        return []
    share = "(1 − d)" if form["dampening"] else ""
    law = "η|g|/(|g| + ε)" if o["name"] == "Adam" else f"η{share}/(1 − β) g"
    claim = f"last step on a slope of g = {float(run.model.surface.coefficients[1]):g}: {law}"
    slack, because = rounding_of(run)
    slack, because = (
        settling + 2 * slack * float(path.abs().max()),
        f"β^(K − 1) of it is yet to come; {because}",
    )
    return [Prediction(f"{run.variant}.step", claim, step, "elementary", atol=slack, because=because)]


def predict_fate(run: Run[Minimizer]) -> list[Prediction]:
    """Which directions shrink and which grow, where none is too near the limit to tell."""
    o, steps, limit = run.optimizer, lengths(run), momentum.stability_limit(**momentum_form(run))
    if run.steps < 3 or any(abs(a / limit - 1) < 1e-3 for a in steps):
        return []
    share = "/(1 + 2β)" if o["nesterov"] else "/(1 − d)" if o["dampening"] else ""
    formula = f"2(1 + β){share}" if o["momentum"] else "2"
    claim = f"ηλ = {', '.join(f'{a:g}' for a in steps)}; the limit {formula} = {limit:g}"
    fates = ", ".join(fate(a / limit) for a in steps)
    return [Prediction(f"{run.variant}.fate", claim, fates, "derived; Polyak 1964")]


def predict_factor(run: Run[Minimizer]) -> list[Prediction]:
    """max |z|, by the formula of the method's best setting where it is that."""
    o, (best, formula, source) = run.optimizer, best_of(run)
    value, pairs = best.factor, zip((o["lr"], o["momentum"]), best[:2], strict=True)
    if o["dampening"] or not all(math.isclose(*pair, rel_tol=1e-12) for pair in pairs):
        swings = not o["nesterov"] and all(o["momentum"] >= beta for beta in critical(run))
        value, formula, source = max(along(run, momentum.factor)), "√β" if swings else "max |z|", "Goh 2017"
    claim = f"factor of the error a step, {formula}"
    return [Prediction(f"{run.variant}.factor", claim, value, source, **FIT)] if run.steps >= 3 else []


def predict_steps(run: Run[Minimizer], path: Tensor) -> list[Prediction]:
    """How many steps a millionth takes, where the run is long enough and rounding does not decide."""
    errors = path.norm(dim=1) / path[0].norm()
    below = (errors <= GOAL).nonzero()
    if not len(below) or ((errors - GOAL).abs() <= rounding_of(run)[0] * errors.max()).any():
        return []
    return [Prediction(f"{run.variant}.steps", f"steps to {GOAL:g} of the error", int(below[0]), "derived")]


def predict_swings(run: Run[Minimizer]) -> list[Prediction]:
    """Of a single direction: up to β_c it never changes its sign, above it does every π/ω steps."""
    beta, dampening, (a, *others) = run.optimizer["momentum"], run.optimizer["dampening"], lengths(run)
    if others:
        return []
    limit, period = critical(run)[0], along(run, momentum.half_period)[0]
    claim, swings = f"β = {beta:g}, β_c = {limit:g}", int(run.steps / period)
    if beta <= limit * (1 + 1e-12) and a < 1 and not dampening:
        return [Prediction(f"{run.variant}.crossings", f"{claim}: changes of sign", 0, "Goh 2017")]
    if beta <= limit or swings < 3:
        return []
    spread: Any = {"atol": 1 / (swings - 1), "because": f"whole steps, over {swings - 1} half periods"}
    claim += ": steps from one change of sign to the next, π/ω"
    return [Prediction(f"{run.variant}.half_period", claim, period, "derived", **spread)]


def measure(run: Run[Minimizer], path: Tensor) -> dict[str, Quantity]:
    """The same quantities, from the recorded path of the point; swings are those of the first direction."""
    points = points_of(run)
    below = (points.norm(dim=1) <= GOAL * points[0].norm()).nonzero()
    signs = points[:, 0].sign()
    crossings = (signs[1:] * signs[:-1] < 0).nonzero().flatten().tolist()
    factors = followed_factors(points)
    return {
        "path": float((points - path).norm(dim=1).max() / path.norm(dim=1).max()),
        "step": float((points[-1] - points[-2]).norm()),
        "fate": ", ".join(map(fate, factors)),
        "factor": max(factors),
        "steps": int(below[0]) if len(below) else math.inf,
        "crossings": len(crossings),
        "half_period": (crossings[-1] - crossings[0]) / (len(crossings) - 1) if crossings[1:] else math.inf,
    }


def check(run: Run[Minimizer]) -> None:
    """Refuse a config of which these laws do not speak."""
    name, surface = run.variant, run.model.surface
    require_plain_trainer(run)
    require_precision(run, "64-true")
    if not isinstance(surface, Quadratic | Polynomial):
        found, choices = type(surface).__name__, "zoo.models.Quadratic or zoo.models.Polynomial"
        raise InputError(f"model.surface is {found} in {name}; choose {choices}")
    methods = ("SGD",) if isinstance(surface, Quadratic) else ("SGD", "Adam")
    require_optimizer(run, *methods, known=("momentum", "dampening", "nesterov"))
    require_undisturbed(run)
    start = surface.point[0].tolist()
    if isinstance(surface, Quadratic) and not (surface.curvatures > 0).all() & surface.point.all():
        found = f"curvatures are {surface.curvatures.tolist()} and start {start} in {name}"
        raise InputError(f"{found}; choose curvatures above 0, and a start that is 0 nowhere")
    if isinstance(surface, Polynomial) and (len(surface.coefficients) != 2 or not surface.coefficients[1]):
        found = f"coefficients are {surface.coefficients.tolist()} in {name}"
        raise InputError(f"{found}; a straight slope has two, the second not 0")


def closed_form(run: Run[Minimizer]) -> Tensor:
    """Every point before the run, (steps + 1, directions).

    Raises:
        InputError: these laws do not speak of the run, or its loss leaves float64.
    """
    check(run)
    surface, rate, steps, numbers = run.model.surface, run.optimizer["lr"], int(run.steps), numbers_of(run)
    law = momentum.iterate if isinstance(surface, Quadratic) else momentum.constant_slope_iterate
    pairs = list(zip(surface.point[0].tolist(), numbers.tolist(), strict=True))
    path = [[law(k, x, rate, number, **momentum_form(run)) for x, number in pairs] for k in range(steps + 1)]
    found = torch.tensor(path, dtype=torch.float64)
    if not (numbers * found**2).isfinite().all():
        raise InputError(f"{run.variant} leaves float64 within {steps} steps; lower its η or data.count")
    return found


def numbers_of(run: Run[Minimizer]) -> Tensor:
    """λ of each direction of a bowl, or a slope's g, which Adam has divided by its own size and ε."""
    surface, o = run.model.surface, run.optimizer
    if isinstance(surface, Quadratic):
        return surface.curvatures
    slope = surface.coefficients[1:]
    return slope / (slope.abs() + o["eps"]) if o["name"] == "Adam" else slope


def points_of(run: Run[Minimizer]) -> Tensor:
    """Where the first of the run's copies was, before every step and after the last."""
    return run.callback(ParameterTrajectory).points[:, : run.model.surface.point.shape[1]]


def followed_factors(points: Tensor) -> list[float]:
    """max |z| of each direction, by a fit; unknown of a path too short for one."""
    return [momentum.followed_factor(x) for x in points.T] if len(points) > 3 else [math.nan]


def along(run: Run[Minimizer], law: Callable[..., Any]) -> list[Any]:
    """What a law says of each direction of the bowl."""
    return [law(run.optimizer["lr"], c, **momentum_form(run)) for c in run.model.surface.curvatures.tolist()]


def lengths(run: Run[Minimizer]) -> list[float]:
    """ηλ of each direction."""
    return [run.optimizer["lr"] * c for c in run.model.surface.curvatures.tolist()]


def critical(run: Run[Minimizer]) -> list[float]:
    """β_c of each direction."""
    o = run.optimizer
    return [momentum.critical_momentum(a, 1.0, o["dampening"], o["nesterov"]) for a in lengths(run)]


def converges(run: Run[Minimizer]) -> bool:
    """Whether no direction has a root beyond the unit circle."""
    return all(abs(z) <= 1 for z, _ in along(run, momentum.roots))


def fate(factor: float) -> str:
    """What becomes of an error."""
    return "shrinks" if factor < 1 else "grows"


def rounding_of(run: Run[Minimizer]) -> tuple[float, str]:
    """How far a path may be from its closed form, relative to its largest point, and why.

    A step is rounded within 16 units of that, and so are the coefficients of the closed form; the recursion
    carries each on, in k steps at most k times as large. On a slope the closed form is a difference of terms
    that are up to 1/(1 − β)² steps large.
    """
    o, steps = run.optimizer, int(run.steps)
    if o["name"] == "Adam":
        slack = 32 * UNIT * steps / (1 - max(o["betas"]))
        return slack, "32 roundings of 1.1e-16 a step, divided by 1 − β₂^k"
    reach = max(steps, round(1 / (1 - o["momentum"])))
    return 32 * UNIT * reach**2, f"32 roundings of 1.1e-16 a step, each carried on for up to {reach} steps"


def best_of(run: Run[Minimizer]) -> tuple[momentum.Tuning, str, str]:
    """The best setting of the run's method on its bowl, the formula of its factor, and the source."""
    curvatures = run.model.surface.curvatures
    if run.optimizer["nesterov"]:
        return momentum.nesterov_tuning(curvatures), "1 − 1/√κ", "Nesterov 2004, § 2.2"
    if run.optimizer["momentum"]:
        return momentum.heavy_ball_tuning(curvatures), "(√κ − 1)/(√κ + 1)", "Polyak 1964"
    return momentum.gradient_descent_tuning(curvatures), "(κ − 1)/(κ + 1)", "Polyak 1964"


def what_the_roots_say(bowls: list[Run[Minimizer]]) -> Table:
    """Along every direction of every bowl: β_c, |z|, and the count of steps that |z|^k alone would give."""
    table = Table("run", "ηλ", "β", "β_c", "max |z|", f"|z|^k ≤ {GOAL:g} from k =")
    table.title, table.title_justify = "What the roots say of each direction", "left"
    for run in bowls:
        for a, beta, z in zip(lengths(run), critical(run), along(run, momentum.factor), strict=True):
            steps = f"{math.ceil(math.log(GOAL) / math.log(z)):,}" if 0 < z < 1 else "never" if z else "1"
            numbers = (a, run.optimizer["momentum"], beta, z)
            table.add_row(run.variant, *(f"{number:.6g}" for number in numbers), steps)
    return table


def draw(bowls: list[Run[Minimizer]], paths: dict[str, Tensor]) -> Figure:
    """Paths over the height lines; the error on its closed form; the rate against β, measured ones on it."""
    titles = ("the first 15 steps in the valley", "error, the first 170 steps", "rate, each at the run's η")
    figure, (left, middle, right) = panels(*titles, height=5.5)
    valleys = [run for run in bowls if len(lengths(run)) == 2 and converges(run)]
    for run in valleys[:1]:
        left.contour(*height_lines(run, valleys), levels=20, colors="0.8", linewidths=0.7)
        left.plot(0, 0, "k+", markersize=12)
    for style, run in zip(styles(), bowls, strict=False):
        points, predicted = points_of(run), paths[run.variant]
        errors = [list(enumerate((x.norm(dim=1) / x[0].norm()).tolist()))[:171] for x in (points, predicted)]
        compare(middle, f"{run.variant}: {in_words(run)}", style, *errors)
        if run in valleys:
            left.plot(*points[:16].T, linewidth=1, markersize=4, alpha=0.7, **style)
        if converges(run):
            seen = (run.optimizer["momentum"], max(followed_factors(points)))
            compare(right, "", style, [seen], rates(run))
    left.set(xlabel="x (small curvature)", ylabel="y (large curvature)")
    middle.set(xlabel="step k", ylabel="‖x_k‖ / ‖x_0‖", yscale="log", ylim=(1e-8, 1e4))
    right.set(xlabel="momentum β", ylabel="factor of the error a step, max |z|")
    right.set_ylim(top=1.02)
    legend(
        figure,
        middle,
        "left: measured paths, + the minimum; middle and right: measured markers on predicted lines",
        columns=2,
    )
    return figure


def rates(run: Run[Minimizer]) -> list[tuple[float, float]]:
    """(β, max |z|) for every β at the run's own η and in its own form."""
    o, curvatures = run.optimizer, run.model.surface.curvatures.tolist()
    form = {"dampening": o["dampening"], "nesterov": o["nesterov"]}
    betas = torch.linspace(0.001, 0.999, 500).tolist()
    return [(b, max(momentum.factor(o["lr"], c, b, **form) for c in curvatures)) for b in betas]


def height_lines(run: Run[Minimizer], valleys: list[Run[Minimizer]]) -> tuple[Tensor, Tensor, Tensor]:
    """x, y and √f(x, y), whose lines are evenly spaced, where the first steps of the valleys lead."""
    places = torch.cat([torch.zeros(1, 2), *(points_of(valley)[:16] for valley in valleys)])
    low, high = 1.1 * places.amin(dim=0) - 0.05, 1.1 * places.amax(dim=0)
    x, y = torch.meshgrid(
        *(torch.linspace(*ends, 121) for ends in zip(low, high, strict=True)), indexing="xy"
    )
    curvatures = run.model.surface.curvatures.cpu()
    return x, y, ((curvatures[0] * x**2 + curvatures[1] * y**2) / 2).sqrt()


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
