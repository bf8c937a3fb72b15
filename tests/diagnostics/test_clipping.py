import math
from functools import partial

import lightning as L
import pytest
import torch
from lightning.pytorch.loggers import CSVLogger
from lightning.pytorch.plugins import MixedPrecision
from torch import nn
from torch.testing import assert_close

from zoo.diagnostics import ClippingMonitor
from zoo.diagnostics.clipping import compare

ROUNDOFF = 2.0**-53
SGD = partial(torch.optim.SGD, lr=0.1)


class Point(nn.Module):
    """As many parameters as there are groups of entries, one number an entry, all 0 and in float64."""

    def __init__(self, *sizes):
        super().__init__()
        self.parts = nn.ParameterList(torch.zeros(size, dtype=torch.float64) for size in sizes)


def slope(point, gradient):
    """Σ gᵢ wᵢ, whose gradient is the row g of the data."""
    return (gradient[0] * torch.cat(list(point.parts))).sum()


@pytest.fixture
def clip(task, fit):
    """Fit a point whose gradients are given, with the monitor and the Trainer's clipping settings."""

    def run(gradients, *, sizes=None, module=task, optimizer=SGD, **settings):
        rows = torch.tensor(gradients, dtype=torch.float64)
        monitor = ClippingMonitor()
        fitted = module(Point(*(sizes or [rows.shape[1]])), slope, optimizer)
        fit(fitted, monitor, data=rows, **settings)
        return monitor, torch.cat(list(fitted.network.parts)).detach()

    return run


@pytest.mark.parametrize("sizes", [[2], [1, 1]], ids=["one tensor", "two tensors"])
def test_clipping_by_norm_scales_all_tensors_by_one_factor(clip, sizes):
    monitor, _ = clip([[3.0, 4.0]], sizes=sizes, gradient_clip_val=1.0)
    factor = 1 / (5 + 1e-6)  # PyTorch's guard against division by 0
    assert monitor.before == [5.0]
    assert monitor.after == [pytest.approx(5 * factor, rel=1e-12)]
    assert monitor.coefficients == [pytest.approx(factor, rel=1e-12)]
    assert monitor.angles == [pytest.approx(0, abs=1e-13)]  # roundoff of a unit vector, in degrees
    assert monitor.clipped == [True]


@pytest.mark.parametrize(
    ("gradient", "after", "degrees"),
    [
        ((3.0, 4.0), (1.0, 1.0), 8.1301),
        ((0.1, 10.0), (0.1, 1.0), 5.1377),
        ((1.0, 100.0), (1.0, 1.0), 44.4271),
    ],
)
def test_clipping_by_value_turns_the_gradient(clip, gradient, after, degrees):
    monitor, _ = clip([gradient], gradient_clip_val=1.0, gradient_clip_algorithm="value")
    angle = math.degrees(math.atan2(*gradient) - math.atan2(*after))
    assert abs(angle) == pytest.approx(degrees, abs=5e-5)
    assert monitor.angles == [pytest.approx(abs(angle), rel=1e-12)]
    assert monitor.after == [pytest.approx(math.hypot(*after), rel=1e-12)]
    assert monitor.clipped == [True]


@pytest.mark.parametrize("algorithm", ["norm", "value"])
def test_the_norm_before_is_unclipped_and_the_step_is_the_clipped_gradient(task, fit, algorithm):
    # Least squares on x = (1, 2, 3, 4), y = (2, 3, 5, 8): the gradient at (w, b) = (0, 0) is (−27.5, −9).
    def mse(layer, batch):
        x, y = batch[0].T
        return (layer(x[:, None]).squeeze(1) - y).square().mean()

    layer = nn.Linear(1, 1, dtype=torch.float64)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    data = torch.tensor([[[1, 2], [2, 3], [3, 5], [4, 8]]], dtype=torch.float64)
    monitor = ClippingMonitor()
    optimizer = partial(torch.optim.SGD, lr=0.01)
    fit(
        task(layer, mse, optimizer),
        monitor,
        data=data,
        gradient_clip_val=1.0,
        gradient_clip_algorithm=algorithm,
    )
    norm = math.hypot(27.5, 9)
    assert norm == pytest.approx(28.93527, abs=1e-5)
    step = (0.275 / (norm + 1e-6), 0.09 / (norm + 1e-6)) if algorithm == "norm" else (0.01, 0.01)
    assert (layer.weight.item(), layer.bias.item()) == pytest.approx(step, rel=1e-9)
    assert monitor.before == [pytest.approx(norm, rel=1e-12)]
    assert monitor.after == [pytest.approx(math.hypot(*step) / 0.01, rel=1e-9)]


def test_the_share_counts_the_steps_that_were_clipped(clip):
    gradients = [[3.0, 4.0], [0.3, 0.4], [0.0, 0.5], [0.0, 2.0]]
    monitor, _ = clip(gradients, gradient_clip_val=1.0)
    assert monitor.steps == [0, 1, 2, 3]
    assert monitor.clipped == [True, False, False, True]
    assert monitor.coefficients[1:3] == [1.0, 1.0]
    assert monitor.angles[1:3] == [0.0, 0.0]
    assert monitor.share_clipped == 0.5


def test_nothing_is_clipped_without_clipping_nor_before_a_fit(clip):
    assert ClippingMonitor().share_clipped == 0.0
    monitor, _ = clip([[3.0, 4.0]])
    assert (monitor.before, monitor.after, monitor.angles) == ([5.0], [5.0], [0.0])
    assert monitor.share_clipped == 0.0


def test_a_zero_gradient_has_coefficient_one_and_angle_zero(clip):
    monitor, _ = clip([[0.0, 0.0]], gradient_clip_val=1.0)
    assert (monitor.coefficients, monitor.angles, monitor.clipped) == ([1.0], [0.0], [False])


@pytest.mark.parametrize("algorithm", ["norm", "value"])
def test_nan_is_recorded_as_nan_and_crashes_nothing(clip, tensorboard, events, tmp_path, algorithm):
    monitor, _ = clip(
        [[3.0, math.nan], [3.0, 4.0]],
        gradient_clip_val=1.0,
        gradient_clip_algorithm=algorithm,
        logger=[tensorboard, CSVLogger(tmp_path / "csv")],
    )
    first = [monitor.before[0], monitor.after[0], monitor.coefficients[0], monitor.angles[0]]
    assert all(math.isnan(value) for value in first)
    assert monitor.clipped == [False, True]
    (first, second) = events().Scalars("clipping/norm_before")
    assert (first.step, second.step) == (0, 1)
    assert math.isnan(first.value)
    assert [point.step for point in events().Scalars("clipping/share_clipped")] == [0, 1]


def test_clipping_an_infinite_gradient_by_value_counts_as_clipped(clip):
    monitor, _ = clip([[math.inf, 0.5]], gradient_clip_val=1.0, gradient_clip_algorithm="value")
    assert (monitor.before, monitor.after) == ([math.inf], [math.hypot(1, 0.5)])
    assert (monitor.coefficients, monitor.clipped) == ([0.0], [True])
    assert math.isnan(monitor.angles[0])


def test_a_modules_own_clipping_is_seen(clip, task):
    class KeepsTheFirstEntry(task):
        def configure_gradient_clipping(
            self, optimizer, gradient_clip_val=None, gradient_clip_algorithm=None
        ):
            self.network.parts[0].grad[1:] = 0

    monitor, point = clip([[3.0, 4.0]], module=KeepsTheFirstEntry)
    assert (monitor.before, monitor.after, monitor.coefficients) == ([5.0], [3.0], [0.6])
    assert monitor.angles == [pytest.approx(math.degrees(math.acos(0.6)), rel=1e-12)]
    assert_close(point, torch.tensor([-0.3, 0.0], dtype=torch.float64))


def test_an_optimizer_that_writes_into_the_gradient_is_not_mistaken_for_clipping(clip):
    nesterov = partial(torch.optim.SGD, lr=0.1, momentum=0.9, nesterov=True, foreach=True)
    monitor, _ = clip([[3.0, 4.0], [3.0, 4.0]], optimizer=nesterov)
    assert monitor.after == [5.0, 5.0]


def test_only_what_the_optimizer_holds_is_measured(clip):
    def of_the_first(parameters):
        return SGD([next(iter(parameters))])

    monitor, _ = clip([[3.0, 4.0]], sizes=[1, 1], optimizer=of_the_first, gradient_clip_val=1.0)
    assert monitor.before == [3.0]


def test_accumulation_makes_one_record_a_step(clip):
    monitor, _ = clip([[3.0, 4.0]] * 4, gradient_clip_val=1.0, accumulate_grad_batches=2)
    assert monitor.steps == [0, 1]
    assert monitor.before == [5.0, 5.0]


def test_float16_is_measured_unscaled_and_a_skipped_step_is_left_out(clip):
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    monitor, _ = clip(
        [[3.0, 4.0], [math.inf, 0.0], [0.3, 0.4]],
        gradient_clip_val=1.0,
        plugins=[MixedPrecision("16-mixed", "cpu", scaler)],
    )
    assert monitor.before == pytest.approx([5.0, 0.5], rel=1e-12)
    assert monitor.clipped == [True, False]
    assert monitor.steps == [0, 2]


def test_the_event_file_has_exactly_the_tags_promised(clip, tensorboard, events):
    monitor, _ = clip([[3.0, 4.0], [0.3, 0.4]], gradient_clip_val=1.0, logger=tensorboard)
    written = events()
    kinds = ("norm_before", "norm_after", "coefficient", "angle_degrees", "share_clipped")
    assert set(written.Tags()["scalars"]) == {f"clipping/{kind}" for kind in kinds}
    shares = [(point.step, point.value) for point in written.Scalars("clipping/share_clipped")]
    assert shares == [(0, 1.0), (1, 0.5)]
    after = [point.value for point in written.Scalars("clipping/norm_after")]
    assert after == pytest.approx(monitor.after, rel=1e-7)  # event files keep float32


def by_self(module, optimizer):
    module.clip_gradients(optimizer, gradient_clip_val=1.0, gradient_clip_algorithm="norm")


def by_torch(module, optimizer):
    torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)


@pytest.fixture
def manual(task):
    """A module that optimizes by itself, and clips in its own way between backward and the step."""

    def module_that(clip, *optimizers):
        class Manual(task):
            automatic_optimization = False

            def training_step(self, batch, batch_idx):
                for optimizer in (
                    self.optimizers(use_pl_optimizer=True) if optimizers else [self.optimizers()]
                ):
                    optimizer.zero_grad()
                    self.manual_backward(self.loss(self.network, batch))
                    clip(self, optimizer)
                    optimizer.step()

            def configure_optimizers(self):
                made = [make(self.network) for make in optimizers]
                return made or super().configure_optimizers()

        return Manual

    return module_that


@pytest.mark.parametrize("how", [by_self, by_torch])
def test_clipping_by_hand_under_manual_optimization_is_seen(clip, manual, how):
    monitor, _ = clip([[3.0, 4.0], [0.3, 0.4]], module=manual(how))
    assert monitor.before == [5.0, pytest.approx(0.5, rel=1e-12)]
    assert monitor.after == [pytest.approx(5 / (5 + 1e-6), rel=1e-12), pytest.approx(0.5, rel=1e-12)]
    assert monitor.clipped == [True, False]


def test_of_two_optimizers_each_step_compares_its_own_parameters(clip, manual):
    def of(index):
        return lambda point: SGD([point.parts[index]])

    module = manual(by_self, of(0), of(1))
    monitor, _ = clip([[3.0, 0.5]], sizes=[1, 1], module=module)
    assert monitor.before == [3.0, 0.5]
    assert monitor.clipped == [True, False]


@pytest.mark.parametrize("hook", ["on_after_backward", "on_before_optimizer_step"])
def test_torchs_function_called_in_a_hook_is_seen(clip, task, hook):
    class Clips(task):
        pass

    setattr(Clips, hook, lambda self, *_: by_torch(self, None))
    monitor, _ = clip([[3.0, 4.0]], module=Clips)
    assert (monitor.before, monitor.clipped) == ([5.0], [True])


class ClipsTooEarly(L.LightningModule):
    """Before backward there is no gradient yet, or that of the step before, which is about to be dropped."""

    def training_step(self, batch, batch_idx):
        by_torch(self, None)
        return super().training_step(batch, batch_idx)


def test_the_report_says_when_a_call_has_no_effect(clip, task):
    too_early = type("TooEarly", (ClipsTooEarly, task), {})
    monitor, _ = clip([[3.0, 4.0], [6.0, 8.0]], module=too_early)
    assert monitor.report == (
        "Clipping never shortened the gradient in 2 steps. Its norm was at most 10, and the Trainer has no "
        "gradient_clip_val. A call of torch.nn.utils.clip_grad_norm_ before backward, or after the step, has "
        "no effect."
    )


def test_the_report_says_when_the_trainers_setting_is_not_used(clip, task):
    class Forgets(task):
        def configure_gradient_clipping(
            self, optimizer, gradient_clip_val=None, gradient_clip_algorithm=None
        ):
            pass

    monitor, _ = clip([[3.0, 4.0]], module=Forgets, gradient_clip_val=1.0)
    assert "up to 5, and gradient_clip_val is 1: it had no effect" in monitor.report


def test_the_report_says_when_clipping_never_always_and_sometimes_engages(clip):
    never, _ = clip([[3.0, 4.0]], gradient_clip_val=100.0)
    assert never.report.endswith("Its norm was at most 5, gradient_clip_val is 100: it may be too large.")
    always, _ = clip([[3.0, 4.0], [30.0, 40.0]], gradient_clip_val=1.0)
    assert "in each of 2 steps, to 0.11 of its length in the median" in always.report
    sometimes, _ = clip([[3.0, 4.0], [0.3, 0.4]], gradient_clip_val=1.0)
    assert sometimes.report == "Clipping shortened the gradient in 50.0% of 2 steps."
    assert ClippingMonitor().report.startswith("No step was recorded")


def test_a_second_fit_starts_anew(task, fit):
    monitor = ClippingMonitor()
    for rows in (3, 2):
        data = torch.full((rows, 2), 4.0, dtype=torch.float64)
        fit(task(Point(2), slope), monitor, data=data, gradient_clip_val=1.0)
    assert monitor.steps == [0, 1]
    assert len(monitor.before) == len(monitor.after) == len(monitor.angles) == 2
    assert monitor.share_clipped == 1.0


@pytest.mark.parametrize("angle", [1e-12, 1e-9, 1e-6, 1e-3, 1.0, math.pi / 2])
def test_small_angles_keep_their_digits(angle):
    u = torch.tensor([1.0, 0.0], dtype=torch.float64)
    v = torch.tensor([math.cos(angle), math.sin(angle)], dtype=torch.float64)
    # each entry of a unit vector is off by at most one roundoff or two
    assert compare([u], [v])[2].item() == pytest.approx(
        math.degrees(angle), rel=1e-14, abs=math.degrees(4 * ROUNDOFF)
    )


def test_parallel_float32_gradients_are_at_the_angle_of_float64():
    u = torch.arange(1.0, 100.0)
    degrees = compare([u], [11 * u])[
        2
    ].item()  # integers, exact in float32; their quotients by the norms are not
    assert degrees == pytest.approx(0, abs=math.degrees(4 * ROUNDOFF))


def test_the_sign_of_a_gaussian_is_at_the_angle_of_high_dimension():
    gaussian = torch.randn(100_000, dtype=torch.float64)
    # arccos √(2/π) = 37.07°; over seeds, the sample's angle varies by about 0.1°
    angle = compare([gaussian], [gaussian.sign()])[2].item()
    assert angle == pytest.approx(math.degrees(math.acos(math.sqrt(2 / math.pi))), abs=0.3)


def test_gradients_too_large_or_small_for_their_squares_are_compared():
    for size in (1e-30, 1e30):
        before, after, angle = compare(
            [torch.tensor([3.0, 4.0]) * size], [torch.tensor([3.0, 0.0]) * size]
        ).tolist()
        # rel 1e-6: the entries are float32
        assert (before, after) == pytest.approx((5 * size, 3 * size), rel=1e-6)
        assert angle == pytest.approx(math.degrees(math.acos(0.6)), rel=1e-6)
