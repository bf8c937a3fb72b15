"""What does the learning rate decide: how fast, or whether at all?

Law: on a curvature λ a step multiplies the distance from the lowest point by 1 − ηλ, and lowers f by
η (1 − ηλ/2) f′²: downhill if and only if η < 2/λ.

A learning rate η is neither large nor small by itself: what counts is ηλ, where the curvature λ = f″ says how
fast the slope f′ changes. Take f = (x − 3)², with λ = 2 and the lowest point x* = 3. Its slope is λ (x − x*),
so that a step x ← x − ηf′ leaves 1 − ηλ of the distance x − x*, wherever it begins. Five things can happen:

    ηλ < 1    every step stays on its side of 3, and comes nearer: monotone
    ηλ = 1    one step arrives
    ηλ < 2    steps cross over, and still come nearer: alternating
    ηλ = 2    they cross over and end exactly as far away, for ever: a 2-cycle
    ηλ > 2    every step ends farther away: diverging

In height a step wins most at ηλ = 1, as much at 1.8 as at 0.2, nothing at 2, and beyond it loses. Where f″ is
not the same everywhere and λ its largest value, a step wins at least as much: the descent lemma.

At the small end nothing new is found. Tiny steps follow one smooth curve, the gradient flow: a point that
moves with the velocity −f′(x), and is at x(t) = x* + (x_0 − x*) e^(−λt) at the time t. After k steps x_k is
about x(ηk), so that half the rate takes twice the steps to get as far.

    python experiments/learning_rate.py

In TensorBoard, open Images: the paths, and what a step makes of the distance and of the height against ηλ;
loss/height shows the height of every step.
Try  --only small_rate --model.surface.coefficients '[99, -66, 11]'  (eleven times as steep: now η = 0.1 is
too large),  or  --only tiny_rate --model.optimizer.lr 0.005 --data.count 200  (half the rate: twice the
steps lead as far, and twice as close to the flow).
"""

import torch
from matplotlib.figure import Figure

from zoo.calculus.surfaces import polynomial
from zoo.cli import ExperimentCLI
from zoo.conditions import require_parabola
from zoo.diagnostics import GradientNormMonitor, ParameterTrajectory
from zoo.figures import compare, legend, panels, styles
from zoo.report import Report
from zoo.run import Run
from zoo.theory import regimes
from zoo.training import Minimizer
from zoo.verdict import Prediction, Quantity

SAME = 1e-7  # factors that differ by less are the same: more than rounding can do, less than regimes do


def main(args: list[str] | None = None) -> Report:
    """Predict, run, measure, judge."""
    callbacks = {"trajectory": ParameterTrajectory, "gradient_norms": GradientNormMonitor}
    cli = ExperimentCLI(__file__, Minimizer, args, callbacks)
    cli.announce(p for run in cli.runs for p in predict(run))
    cli.fit()
    measured = {run.variant: measure(run) for run in cli.runs}
    return cli.report(measured, {"learning_rate": draw(cli.runs)})


def predict(run: Run[Minimizer]) -> list[Prediction]:
    """The regime, where it leads, and what a step wins in height."""
    name, rate, (curvature, bottom) = run.variant, run.optimizer["lr"], require_parabola(run)
    a, x, height = rate * curvature, closed_form(run), float(run.model.surface.coefficients[0])
    word, fall = regimes.regime(rate, curvature), regimes.fall(rate, curvature)
    steps, slack = len(x) - 1, regimes.rounding(x, rate, bottom, curvature)
    end = f"x_{steps} = {bottom:g} + ({1 - a:g})^{steps} · ({x[0] - bottom:g})"
    off = {"atol": slack, "because": f"a few roundings of 1.1e-16 in each of {steps} steps"}
    blur = {
        "atol": regimes.fall_rounding(x, rate, bottom, curvature, height),
        "because": "rounding of f by 1.1e-16 of its terms, over f′²",
    }
    win = "least fall of f in a step, over f′²: η (1 − ηλ/2)"
    found = [
        Prediction(f"{name}.regime", f"ηλ = {a:g}: the path is", word, "elementary"),
        Prediction(f"{name}.end", end, x[-1], "elementary", **off),
    ]
    if blur["atol"] < rate / 10:  # else no fall that a step could have would be told from another
        found.append(Prediction(f"{name}.fall", win, fall, "Nesterov 2004, §1.2.3", **blur))
    tiny = a <= 0.05 and a**2 * steps <= 0.1  # else terms of higher order count
    return [*found, predict_lead(run, x, slack)] if tiny else found


def predict_lead(run: Run[Minimizer], x: list[float], slack: float) -> Prediction:
    """How far tiny steps are ahead of the gradient flow."""
    rate, steps, (curvature, bottom) = run.optimizer["lr"], len(x) - 1, require_parabola(run)
    form = (steps, rate, x[0], bottom, curvature)
    claim = f"how far x_{steps} is ahead of the gradient flow at t = ηk = {rate * steps:g}, over η"
    off = {
        "atol": slack / rate + regimes.lead_error(*form),
        "because": "terms of the next order in ηλ and (ηλ)² k",
    }
    return Prediction(f"{run.variant}.lead", claim, regimes.lead(*form), "Euler's method", **off)


def measure(run: Run[Minimizer]) -> dict[str, Quantity]:
    """The same quantities, from the recorded points and gradients."""
    recorded, (curvature, bottom) = run.callback(ParameterTrajectory), require_parabola(run)
    x, slopes = recorded.points[:, 0].tolist(), recorded.gradients[:, 0].tolist()
    f = [float(polynomial(point, run.model.surface.coefficients)) for point in recorded.points]
    steps, rate = regimes.far(x, bottom), run.optimizer["lr"]  # nearer to x* rounding would show
    return {
        "regime": shape([(x[k + 1] - bottom) / (x[k] - bottom) for k in steps]),
        "end": x[-1],
        "fall": min((f[k] - f[k + 1]) / slopes[k] ** 2 for k in steps),
        "lead": (x[-1] - regimes.flow(rate * (len(x) - 1), x[0], bottom, curvature)) / rate,
    }


def shape(factors: list[float]) -> str:
    """The name of a path, from what each step has made of the distance."""
    if abs(factors[0]) < SAME:
        return "one step"
    if all(abs(z + 1) < SAME for z in factors):
        return "2-cycle"
    ranges = {"monotone": (0, 1), "alternating": (-1, 0), "diverging": (-float("inf"), -1)}
    fitting = [name for name, (low, high) in ranges.items() if all(low < z < high for z in factors)]
    return fitting[0] if fitting else "none of the five"


def closed_form(run: Run[Minimizer]) -> list[float]:
    """x_0 … x_K, as the config has the start."""
    curvature, bottom = require_parabola(run)
    start = float(run.config.model.surface.init_args.start)
    regimes.require_distance(start, bottom)
    return regimes.iterates(int(run.steps), run.optimizer["lr"], start, bottom, curvature)


def draw(runs: list[Run[Minimizer]]) -> Figure:
    """The paths, and what a step makes of the distance and of the height against ηλ."""
    figure, (left, middle, right) = panels(
        "path (dashed: gradient flow)", "distance after a step / before", "what a step wins in height"
    )
    a = torch.linspace(0, 2.4, 97)
    middle.plot(a, (1 - a).abs(), color="0.5", linewidth=1)
    right.plot(a, a * (1 - a / 2), color="0.5", linewidth=1)
    for style, run in zip(styles(), runs, strict=False):
        rate, (curvature, bottom) = run.optimizer["lr"], require_parabola(run)
        x, product = run.callback(ParameterTrajectory).points[:, 0].tolist(), rate * curvature
        paths = [[(k, at) for k, at in enumerate(path[:13]) if -2 < at < 8] for path in (x, closed_form(run))]
        compare(left, f"{run.variant}, ηλ = {product:g}", style, *paths)
        if product < 1:
            flow = [regimes.flow(rate * k, x[0], bottom, curvature) for k in range(13)]
            left.plot(flow, "--", linewidth=1, color=style["color"])
        compare(middle, run.variant, style, [(product, abs((x[1] - bottom) / (x[0] - bottom)))])
        compare(right, run.variant, style, [(product, curvature * float(measure(run)["fall"]))])
    left.set(xlabel="step k", ylabel="x_k", xticks=range(0, 13, 2), ylim=(-2, 8))
    middle.axhline(1, color="0.5", linestyle=":")
    middle.set(xlabel="ηλ", ylabel="|1 − ηλ|   (dotted: above, it diverges)")
    right.axhline(0, color="0.5", linestyle=":")
    right.set(xlabel="ηλ", ylabel="λ · fall of f / f′²   (dotted: below, uphill)")
    legend(figure, left, "markers: measured; lines: closed form", columns=3)
    return figure


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
