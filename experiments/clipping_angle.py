"""Which way does a clipped gradient point?

Law: clipping by norm multiplies a gradient g by min(1, c/‖g‖), one factor for all entries, and keeps its
direction; clipping by value cuts each entry at ±c, and turns g by an angle that can be calculated beforehand.

Take the gradient (1, 100) and the limit c = 1. By norm it becomes (0.01, 1): the same direction, a hundredth
of the length. By value it becomes (1, 1): the first entry is as it was, the second is cut, and what pointed
almost along y points between x and y. With many entries the large ones are cut and the small ones stay, so
that the angle depends on how the entries are distributed. If they are normally distributed with standard
deviation s, it depends on c/s alone: 18 degrees where c = s, and where c is so small that nothing but the
signs is left, arccos √(2/π) = 37 degrees.

    python experiments/clipping_angle.py

In TensorBoard, open Images: the angle against how tight the clip is, with both laws; clipping/ has norm
before and after, coefficient and angle of every step.
Try  --only gaussian_at_its_deviation --trainer.gradient_clip_val 3  (few entries are cut, and hardly an angle
is left),  or  --only two_weights_by_value --trainer.gradient_clip_val 100  (there is nothing to cut).
"""

import math

import torch
from matplotlib.figure import Figure
from rich.table import Table

from zoo.cli import ExperimentCLI
from zoo.conditions import require_plain_trainer, require_precision
from zoo.diagnostics import ClippingMonitor, GradientNormMonitor
from zoo.errors import InputError
from zoo.figures import compare, panels, styles
from zoo.models import Quadratic
from zoo.report import Report
from zoo.run import Run
from zoo.theory import clipping
from zoo.training import Minimizer
from zoo.verdict import Prediction, Quantity

# Norms of one gradient in two orders of summing, and its entries, each of which the clip multiplies once.
ROUNDING = {"atol": 1e-14, "because": "rounding of float64 norms"}
DEGREES = {"atol": 1e-12, "because": "rounding of float64 entries by 1e-16 radians each"}

LARGEST_ENTRY = 1e100  # of a gradient, so that its square is a number


def main(args: list[str] | None = None) -> Report:
    """Predict, run, measure, judge."""
    callbacks = {"clipping": ClippingMonitor, "gradient_norms": GradientNormMonitor}
    cli = ExperimentCLI(__file__, Minimizer, args, callbacks)
    cli.announce(p for run in cli.runs for p in predict(run))
    cli.fit()
    measured = {run.variant: measure(run) for run in cli.runs}
    return cli.report(measured, {"angles": draw(cli.runs)}, [before_and_after(cli.runs)])


def predict(run: Run[Minimizer]) -> list[Prediction]:
    """One factor and no angle by norm; an angle by value."""
    check(run)
    name, limit = run.variant, run.trainer.gradient_clip_val
    if not by_value(run):
        found = [
            Prediction(f"{name}.angle", "largest angle, in degrees", 0.0, "Pascanu et al. 2013", **DEGREES)
        ]
        if not run.model.noise_std:
            claim, norm = "‖g‖ after / before, at the first step", float(gradient_at_start(run).norm())
            factor = clipping.norm_coefficient(norm, limit)
            found.append(Prediction(f"{name}.factor", claim, factor, "Pascanu et al. 2013", **ROUNDING))
        return found
    key, claim = f"{name}.angle", "angle that clipping turns by, in degrees"
    value = predicted_angle(run, limit)
    if run.model.noise_std:
        entries = run.model.surface.point.numel() * int(run.steps)
        error = 4 * clipping.gaussian_angle_standard_error(limit / run.model.noise_std, entries)
        if error >= value / 3:  # where fewer than some 200 entries are cut
            raise InputError(
                f"trainer.gradient_clip_val is {limit} in {name}: of {entries:,} entries too few are above "
                "it for laws of averages; choose a lower one, or a larger model.noise_std"
            )
        spread = {"atol": error, "because": f"four standard errors over {entries:,} entries"}
        return [Prediction(key, claim, value, "derived: Stein's lemma", **spread)]
    return [Prediction(key, claim, value, "elementary", **DEGREES)]


def measure(run: Run[Minimizer]) -> dict[str, Quantity]:
    """What the monitor saw between the clip and the step."""
    return {"angle": angle(run), "factor": run.callback(ClippingMonitor).coefficients[0]}


def angle(run: Run[Minimizer]) -> float:
    """By norm the largest of the run; by value the first step's, with noise that of all steps at once."""
    seen = run.callback(ClippingMonitor)
    before, after, angles = (
        torch.tensor(numbers, dtype=torch.float64) for numbers in (seen.before, seen.after, seen.angles)
    )
    if not by_value(run):
        return float(angles.max())
    return joint_angle(before, after, angles) if run.model.noise_std else float(angles[0])


def joint_angle(before: torch.Tensor, after: torch.Tensor, angles: torch.Tensor) -> float:
    """arccos(Σ u·v/√(Σ u² Σ v²)) in degrees: every step's u and v, of these norms and angles, end to end."""
    u, v = before / before.max(), after / after.max()
    cosine = float((u * v) @ angles.deg2rad().cos() / (u.norm() * v.norm()))
    return math.degrees(math.acos(min(1.0, cosine)))


def by_value(run: Run[Minimizer]) -> bool:
    """Whether the run clips by value; Lightning's default is by norm."""
    return run.trainer.gradient_clip_algorithm == "value"


def gradient_at_start(run: Run[Minimizer]) -> torch.Tensor:
    """∇f of the quadratic at its start, λ_i x_i, from the config; that of one copy."""
    surface = run.config.model.surface.init_args
    curvatures, start = (torch.tensor(x, dtype=torch.float64) for x in (surface.curvatures, surface.start))
    return curvatures * start


def check(run: Run[Minimizer]) -> None:
    """Refuse a config of which these laws do not speak."""
    require_plain_trainer(run, "gradient_clip_val")
    require_precision(run, "64-true")
    name, surface, limit = run.variant, run.model.surface, run.trainer.gradient_clip_val
    if limit is None or limit <= 0:
        raise InputError(f"trainer.gradient_clip_val is {limit} in {name}; choose a number above 0")
    if not isinstance(surface, Quadratic):
        raise InputError(f"model.surface is {type(surface).__name__} in {name}; choose zoo.models.Quadratic")
    if run.model.noise_std:
        if surface.curvatures.any() or surface.point.numel() < 1000:
            raise InputError(
                f"{name} clips noise: the law is that of noise alone, with curvatures 0 and 1000 entries "
                "or more; see model.surface"
            )
    elif len(surface.point) != 1:
        raise InputError(f"model.surface.copies is {len(surface.point)} in {name}; without noise choose 1")
    elif not 0 < (largest := float(gradient_at_start(run).abs().max())) <= LARGEST_ENTRY:
        raise InputError(
            f"the gradient's largest entry is {largest:g} at model.surface.start in {name}; "
            f"choose one above 0 and up to {LARGEST_ENTRY:g}"
        )


def before_and_after(runs: list[Run[Minimizer]]) -> Table:
    """The first step of every run, as a clipping report."""
    table = Table(
        "run", "‖g‖ before", "‖g‖ after", "coefficient", "angle", title="The first step", title_justify="left"
    )
    for run in runs:
        seen = run.callback(ClippingMonitor)
        numbers = (seen.before[0], seen.after[0], seen.coefficients[0])
        table.add_row(run.variant, *(f"{number:.6g}" for number in numbers), f"{seen.angles[0]:.4g}°")
    return table


def draw(runs: list[Run[Minimizer]]) -> Figure:
    """The angle against how tight the clip is: of a gradient of two entries, and of Gaussian ones."""
    figure, (two, many) = panels("a gradient of two entries", "Gaussian entries")
    for style, run in zip(styles(), runs, strict=False):
        limit, noise = run.trainer.gradient_clip_val, run.model.noise_std
        axes, unit = (many, noise) if noise else (two, float(gradient_at_start(run).abs().max()))
        tightness = torch.logspace(-3.5, 1, 100).tolist()
        predicted = [(c, predicted_angle(run, c * unit)) for c in tightness]
        compare(axes, f"{run.variant}, c = {limit:g}", style, [(limit / unit, angle(run))], predicted)
    two.set(xlabel="limit c / largest entry", ylabel="angle, degrees", xscale="log")
    many.set(xlabel="limit c / standard deviation", ylabel="angle, degrees", xscale="log")
    for axes in (two, many):
        if axes.lines:
            axes.legend(fontsize="small")
    figure.supxlabel("markers: measured; lines: predicted", fontsize="small")
    return figure


def predicted_angle(run: Run[Minimizer], limit: float) -> float:
    """The angle in degrees that the run's way of clipping turns by, at any limit."""
    if not by_value(run):
        return 0.0
    if run.model.noise_std:
        return clipping.gaussian_angle_by_value(limit / run.model.noise_std)
    return clipping.angle_by_value(gradient_at_start(run), limit)


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
