"""When does momentum carry a ball out of a shallow well?

Law: momentum β makes of descent a ball that rolls with friction γ = (1 − β)/√η. From a given height it clears
the rim of a well if γ is below a critical value, that is, β above β_c = 1 − γ_c√η.

Momentum remembers: v ← βv + f′(x), then x ← x − ηv, with a velocity v, the slope f′ and the learning rate η.
Written for three points in a row, x_{k+1} − x_k = β(x_k − x_{k−1}) − ηf′(x_k): the change of the step is the
pull −ηf′ less the share 1 − β of the step before. Let a step take the time √η, and for small steps this is
Newton's law x″ = −f′(x) − γx′ for a ball of mass 1 on the curve f: x′ is its velocity, x″ its acceleration.

Such a ball has the energy E = f(x) + ½x′², height and motion together, and friction lets it only fall. When E
is below the rim of the well that the ball is in, it is trapped. So it is not true that more momentum always
helps. With too little the ball stops in the shallow well; with enough it clears the rim and stays in the deep
one; with more it swings up the far side and has energy left to come back over the rim: it ends in the shallow
well again. Without any momentum descent stays in the first well that it meets.

    python experiments/shallow_well.py

In TensorBoard, open Images: the energy as it falls, the balls on the paths that the law predicts, and the
farthest point that a ball reaches, which jumps from one well into the other at β_c.
Try  --only momentum --model.surface.start 1.5  (from lower down the same ball stays in the shallow well),
or  --only momentum --model.optimizer.lr 0.0025 --data.count 200  (β is the same, but steps are smaller: the
friction is 2, and it stays).
"""

from itertools import takewhile

import torch
from matplotlib.figure import Figure

from zoo.cli import ExperimentCLI
from zoo.conditions import require_descent
from zoo.diagnostics import GradientNormMonitor, ParameterTrajectory
from zoo.errors import InputError
from zoo.figures import compare, legend, panels, styles
from zoo.models import Polynomial
from zoo.report import Report
from zoo.run import Run
from zoo.theory import rolling, wells
from zoo.training import Minimizer
from zoo.verdict import Prediction, Quantity

Place = tuple[float, float, float]  # k, x and x′


def main(args: list[str] | None = None) -> Report:
    """Predict, run, measure, judge."""
    callbacks = {"trajectory": ParameterTrajectory, "gradient_norms": GradientNormMonitor}
    cli = ExperimentCLI(__file__, Minimizer, args, callbacks)
    cli.announce(p for run in cli.runs for p in predict(run))
    cli.fit()
    measured = {run.variant: measure(run) for run in cli.runs}
    return cli.report(measured, {"balls": draw(cli.runs)})


def predict(run: Run[Minimizer]) -> list[Prediction]:
    """Whether the ball clears the rim, how far it gets, and the well in which it is trapped in the end."""
    check(run)
    name, beta, (f, start, rate) = run.variant, run.optimizer["momentum"], ball(run)
    critical, law = rolling.critical_friction(f, start), "derived; Polyak 1964"
    clears = "yes" if rolling.clears_rim(f, start, rate, beta, critical) else "no"
    minimum = rolling.final_well(f, start, rate, beta, int(run.steps))
    far, error = rolling.farthest_point(f, start, rate, beta, int(run.steps))
    rim, needed = rolling.rim_ahead(f, start), 1 - critical * rate**0.5
    claim = (
        f"β = {beta:g}: does a ball from x = {start:g} clear the rim at {rim:g}? It takes β > {needed:.3f}"
    )
    because = "steps that are not infinitely small: their friction, and what is between two"
    return [
        Prediction(f"{name}.clears", claim, clears, law),
        Prediction(f"{name}.farthest", "farthest x that it comes to", far, law, atol=error, because=because),
        Prediction(f"{name}.well", "minimum of the well in which it ends", f"x = {minimum:g}", law),
    ]


def check(run: Run[Minimizer]) -> None:
    """Refuse a config of which these laws do not speak."""
    require_descent(run, Polynomial, "momentum")
    if len(run.model.surface.point) != 1:
        raise InputError(
            f"copies is {len(run.model.surface.point)} in {run.variant}; one ball rolls: choose 1"
        )
    if not run.optimizer["momentum"]:
        raise InputError(f"momentum is 0 in {run.variant}, which makes no ball; choose one between 0 and 1")


def measure(run: Run[Minimizer]) -> dict[str, Quantity]:
    """The same quantities, from the path of the point and its last step."""
    walked, (f, start, _) = places(run), ball(run)
    far, rim, (_, x, velocity) = farthest(walked), rolling.rim_ahead(f, start), walked[-1]
    minimum = rolling.trapped(f, x, velocity)
    return {
        "clears": "yes" if abs(far - start) > abs(rim - start) else "no",
        "farthest": far,
        "well": "none yet" if minimum is None else f"x = {minimum:g}",
    }


def farthest(walked: list[Place]) -> float:
    """The lowest x of a ball that set off towards lower x, the highest of another."""
    xs = [x for _, x, _ in walked]
    return min(xs) if xs[1] < xs[0] else max(xs)


def ball(run: Run[Minimizer]) -> tuple[list[float], float, float]:
    """The coefficients of f, the start and η."""
    surface, start = run.model.surface, run.config.model.surface.init_args.start
    return surface.coefficients.tolist(), float(start), run.optimizer["lr"]


def places(run: Run[Minimizer]) -> list[Place]:
    """k, x_k and (x_k − x_{k−1})/√η of every step k: where the ball was seen, and how fast."""
    x = run.callback(ParameterTrajectory).points[:, 0]
    velocity = torch.diff(x, prepend=x[:1]) / run.optimizer["lr"] ** 0.5
    return [(float(k), *place) for k, place in enumerate(zip(x.tolist(), velocity.tolist(), strict=True))]


def rolled(run: Run[Minimizer]) -> list[Place]:
    """The same of the law's ball, which is at x(k√η) after k steps."""
    f, start, rate = ball(run)
    path = rolling.roll(f, start, rolling.friction(rate, run.optimizer["momentum"]))
    end = run.steps * rate**0.5
    return [(t / rate**0.5, x, v) for t, x, v in takewhile(lambda place: place[0] <= end, path)]


def draw(runs: list[Run[Minimizer]]) -> Figure:
    """Energy over the curve; x step by step; how far balls get with every β."""
    titles = ("energy E = f(x) + ½x′²", "where the ball is", "how far a ball gets")
    figure, (left, middle, right) = panels(*titles, width=4.8, height=5.2)
    for style, run in zip(styles(), runs, strict=False):
        f, beta = wells.polynomial(ball(run)[0]), run.optimizer["momentum"]
        walked, law = places(run), rolled(run)
        compare(
            left, "", style, *([(x, float(f(x)) + v**2 / 2) for _, x, v in path] for path in (walked, law))
        )
        compare(middle, f"β = {beta:g}", style, *([(k, x) for k, x, _ in path] for path in (walked, law)))
        compare(right, "", style, [(beta, farthest(walked))])
    x = torch.linspace(-2.1, 2.1, 200)
    left.plot(x, wells.polynomial(ball(runs[0])[0])(x.numpy()), color="0.6", linewidth=1, zorder=0)
    right.plot(*zip(*farthest_of_every_momentum(runs[0]), strict=True), "k-", linewidth=1, zorder=0)
    left.set(xlabel="x", ylabel="E, and f(x) in grey")
    middle.set(xlabel="step k", ylabel="x_k")
    right.set(xlabel="momentum β", ylabel="farthest x")
    legend(figure, middle, "measured markers on predicted lines; the grey curve is f")
    return figure


def farthest_of_every_momentum(run: Run[Minimizer]) -> list[tuple[float, float]]:
    """β and the farthest x at the run's η, by the law."""
    f, start, rate = ball(run)
    end, frictions = run.steps * rate**0.5, torch.linspace(0.1, 2.5, 80).tolist()
    return [(1 - c * rate**0.5, rolling.farthest(f, start, c, end)) for c in frictions if c * rate**0.5 < 1]


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
