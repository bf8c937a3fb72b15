"""Which minima are too sharp for a large learning rate?

Law: near a minimum each step of gradient descent multiplies the distance from it by 1 − ηf″. The minimum
holds a point if η < 2/f″; if η is larger, it does not.

The second derivative f″ says how fast the slope f′ changes: the larger it is, the sharper the bend of the
valley. A distance d from the minimum makes the slope f″d, and a step x ← x − ηf′(x) with the learning rate η
leaves d − ηf″d = (1 − ηf″) d of it. With ηf″ < 1 the point comes nearer on one side; with ηf″ between 1 and 2
it overshoots, from one side to the other, and still comes nearer; with ηf″ > 2 every overshoot is longer than
the last.

Where the point goes is not in f″. Here, a little beyond the limit, it jumps to and fro between two points,
one on either side of the minimum, as farther up on one side the valley is less sharp. A still larger η (1.08,
say) carries it over the rim into the other valley. So of two minima a large rate may hold only the flat one,
even if the sharp one is the better: here the deep minimum at x = −1.2 has f″ = 3.08 and the limit
2/f″ = 0.649, and the shallow one at x = 1 has f″ = 1.76 and the limit 1.136.

    python experiments/sharp_minima.py

In TensorBoard, open Images: the distance from either minimum, on straight lines while it is small, since its
axis is logarithmic; and the width of the jumps, which begin at η = 2/f″.
Try  --only large_rate --model.optimizer.lr 0.66 --data.count 400  (just over the limit: it takes longer to
leave, and jumps half as far),  or  --only large_rate --model.optimizer.lr 0.64 --data.count 400  (just below
it: both minima hold).
"""

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
from zoo.theory import overshoot, wells
from zoo.training import Minimizer
from zoo.verdict import Prediction, Quantity

SIDES = ("left", "right")
SMALL = 0.01  # an error of 1 − ηf″ up to which a start is near enough to its minimum to measure that


def main(args: list[str] | None = None) -> Report:
    """Predict, run, measure, judge."""
    callbacks = {"trajectory": ParameterTrajectory, "gradient_norms": GradientNormMonitor}
    cli = ExperimentCLI(__file__, Minimizer, args, callbacks)
    cli.announce(p for run in cli.runs for p in predict(run))
    cli.fit()
    measured = {run.variant: measure(run) for run in cli.runs}
    return cli.report(measured, {"jumps": draw(cli.runs)})


def predict(run: Run[Minimizer]) -> list[Prediction]:
    """For each of two points, what its first step does, and how far it jumps in the end."""
    require_descent(run, Polynomial)
    starts = sorted(run.model.surface.point.flatten().tolist())
    if len(set(starts)) != 2:
        raise InputError(f"copies is {len(starts)} in {run.variant}; choose 2, with another start and end")
    return [p for side, start in zip(SIDES, starts, strict=True) for p in predict_side(run, side, start)]


def predict_side(run: Run[Minimizer], side: str, start: float) -> list[Prediction]:
    """1 − ηf″, if the start is so near that f″ hardly changes; and the length of the last step."""
    f, rate, key = run.model.surface.numbers, run.optimizer["lr"], f"{run.variant}.{side}"
    minimum = overshoot.nearest_minimum(f, start)
    where = f"η = {rate:g} near x = {minimum:g}"
    factor, error = overshoot.first_factor(f, start, rate)
    width, left = overshoot.last_jump(f, start, rate, int(run.steps))
    claim, because = (
        f"{where}: what the first step multiplies the distance by, 1 − ηf″",
        "f″ changes on the way",
    )
    found = [Prediction(f"{key}_factor", claim, factor, "elementary", atol=error, because=because)]
    limit = 2 / wells.curvature(f, minimum)
    claim = f"{where}, where 2/f″ = {limit:.4g}: length of the last step"
    because, law = "what so many steps leave of the way", "elementary; May 1976"
    last = Prediction(key, claim, width, law, atol=left, because=because)
    return [*found, last] if error < SMALL else [last]


def measure(run: Run[Minimizer]) -> dict[str, Quantity]:
    """The same from the path of the points."""
    path = run.callback(ParameterTrajectory).points
    path = path[:, path[0].argsort()]
    found: dict[str, Quantity] = {}
    for side, x in zip(SIDES, path.T.tolist(), strict=True):
        minimum = overshoot.nearest_minimum(run.model.surface.numbers, x[0])
        found[side] = abs(x[-1] - x[-2])
        found[f"{side}_factor"] = (x[1] - minimum) / (x[0] - minimum)
    return found


def draw(runs: list[Run[Minimizer]]) -> Figure:
    """The last step on f; the distance from the minimum, step by step; the width of the jumps against η."""
    titles = ("the last step", "distance from the minimum", "the last step against the rate")
    figure, (left, middle, right) = panels(*titles, width=4.8, height=5)
    f, style = wells.polynomial(runs[0].model.surface.numbers), styles()
    for run in runs:
        path, rate = run.callback(ParameterTrajectory).points, run.optimizer["lr"]
        for x in path[:, path[0].argsort()].T:
            look, minimum = next(style), overshoot.nearest_minimum(run.model.surface.numbers, float(x[0]))
            left.plot(x[-2:], f(x[-2:].numpy()), linewidth=1, mfc="none", **look)
            distance = [(k, max(abs(d), 1e-16)) for k, d in enumerate((x - minimum).tolist())]
            factor = abs(overshoot.first_factor(run.model.surface.numbers, float(x[0]), rate)[0])
            predicted = [(k, distance[0][1] * factor**k) for k, _ in distance]
            compare(middle, f"η = {rate:g} near x = {minimum:g}", look, distance, predicted)
            compare(right, "", look, [(rate, float((x[-1] - x[-2]).abs()))], widths(run, minimum))
    x = torch.linspace(-1.75, 1.75, 200)
    left.plot(x, f(x.numpy()), color="0.6", linewidth=1, zorder=0)
    left.set(xlabel="x", ylabel="f(x)")
    middle.set(xlabel="step k", ylabel="|x_k − minimum|", yscale="log", ylim=(1e-17, 10))
    right.set(xlabel="learning rate η", ylabel="length of the last step")
    note = "measured markers on predicted lines; in the middle |1 − ηf″|^k, for small distances alone"
    legend(figure, middle, note)
    return figure


def widths(run: Run[Minimizer], minimum: float) -> list[tuple[float, float]]:
    """η and the width of the two points' distance: 0 up to 2/f″, and beyond it as far as the law reaches."""
    limit = 2 / wells.curvature(run.model.surface.numbers, minimum)
    found = [(limit / 2, 0.0), (limit, 0.0)]
    for rate in (limit * (1 + k / 1000) for k in range(1, 1000)):
        try:
            cycle = overshoot.two_cycle(run.model.surface.numbers, minimum, rate)
        except InputError:
            break
        found.append((rate, cycle.high - cycle.low))
    return found


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
