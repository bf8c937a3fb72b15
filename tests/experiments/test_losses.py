import pytest

from zoo.models import output

SETTINGS = [
    "--seed_everything 1 --only cross_entropy,squared_nearer --model.surface.start [-4.3] "
    "--model.optimizer.lr 0.37 --data.count 140",
    "--seed_everything 2 --only cross_entropy,squared_nearer --model.surface.start [-2.0] "
    "--model.optimizer.lr 2",
    "--only cross_entropy,squared --model.surface.start [5.0] --model.surface.target 0",  # the other way
    "--only cross_entropy --model.surface.start [-3.0,1.0] --model.surface.samples 2",  # a quarter of η each
    "--only squared_error,mean_squared_error --model.surface.start [-2.5,7.0] --model.surface.target 0.25 "
    "--model.surface.samples 3",
    "--only probably_true,probably_false --model.surface.start [0.0001]",
    "--only probably_true,cross_entropy,squared --model.surface.start [0.3] --model.surface.target 0.3",
    "--only squared --model.surface.start [36.5]",  # rounding leaves no factor to speak of
    "--only squared --model.surface.start [40.0]",  # and no slope
    "--only cross_entropy --model.surface.start [-745.0] --model.surface.target 0",
]
DESCENT = "--only cross_entropy,squared_nearer --model.surface.start [-5.0] --data.count 100"


@pytest.mark.parametrize("typed", SETTINGS)
def test_all_verdicts_hold_for_other_outputs_truths_and_rates(typed, failures):
    assert failures(typed) == set()


def test_a_square_without_its_factor_2_fails(script, failures, monkeypatch):
    right = script.saturation.slope
    monkeypatch.setattr(
        script.saturation, "slope", lambda loss, *rest: right(loss, *rest) / (2 if loss == "mse" else 1)
    )
    found = failures("--only squared_error,mean_squared_error,probably_true")
    assert found == {"squared_error.slope", "mean_squared_error.slope"}


def test_a_sum_taken_for_a_mean_fails(failures, monkeypatch):
    monkeypatch.setitem(output.LOSSES, "mse", lambda p, y: ((p - y) ** 2).sum())
    assert failures("--only squared_error,mean_squared_error") == {"mean_squared_error.slope"}


def test_a_probability_on_the_wrong_side_fails(failures, monkeypatch):
    monkeypatch.setitem(output.LOSSES, "bce", lambda p, y: -(y * (1 - p).log() + (1 - y) * p.log()).mean())
    assert failures("--only probably_true,probably_false") == {"probably_true.slope", "probably_false.slope"}


def test_a_squared_error_without_the_slope_of_the_sigmoid_fails(failures, monkeypatch):
    class Through(output.torch.autograd.Function):
        @staticmethod
        def forward(ctx, z):
            return z.sigmoid()

        @staticmethod
        def backward(ctx, g):
            return g

    monkeypatch.setattr(output, "sigmoid", Through.apply)
    assert failures(DESCENT) == {f"squared_nearer.{key}" for key in ("slope", "factor", "steps")}


def test_a_sigmoid_that_is_taken_to_be_half_as_steep_fails(script, failures, monkeypatch):
    right = script.saturation.advantage
    monkeypatch.setattr(script.saturation, "advantage", lambda z: 2 * right(z))
    assert failures("--only cross_entropy,squared") == {"squared.factor"}


def test_a_flow_in_place_of_steps_fails(script, failures, monkeypatch):
    monkeypatch.setattr(
        script.saturation,
        "steps",
        lambda loss, start, end, rate: (
            (script.saturation._progress(loss, end)[0] - script.saturation._progress(loss, start)[0]) / rate
        ),
    )
    assert failures(DESCENT) == {"squared_nearer.steps"}


def test_steps_of_another_length_fail(script, failures, monkeypatch):
    right = script.Minimizer.configure_optimizers

    def configure_optimizers(self):
        optimizer = right(self)
        optimizer.param_groups[0]["lr"] *= 1.3  # the prediction reads the defaults
        return optimizer

    monkeypatch.setattr(script.Minimizer, "configure_optimizers", configure_optimizers)
    assert failures(DESCENT) == {"cross_entropy.steps", "squared_nearer.steps"}


def test_a_rate_of_which_every_output_has_all_fails(script, failures, monkeypatch):
    monkeypatch.setattr(script, "rate_of", lambda run: run.optimizer["lr"])
    found = failures("--only cross_entropy --model.surface.start [-3.0,-3.0]")
    assert found == {"cross_entropy.steps"}


def test_ten_times_as_far_takes_101_steps(measured):
    found = measured("--only cross_entropy --model.surface.start '[-100]' --data.count 120")
    assert found["cross_entropy.steps"] == 101


def test_what_is_right_and_certain_is_hardly_pushed_by_either_loss(measured):
    found = measured("--only squared,cross_entropy --model.surface.start '[10]'")
    assert set(found) == {"squared.slope", "squared.factor", "cross_entropy.slope"}
    assert -1e-4 < found["cross_entropy.slope"] < found["squared.slope"] < 0


def test_a_run_that_is_too_short_to_come_back_claims_no_steps(measured):
    assert set(measured("--only squared --data.count 3")) == {"squared.slope", "squared.factor"}


@pytest.mark.parametrize(
    "typed",
    [
        "--model.optimizer.lr 2.5",
        "--model.optimizer.lr 0",
        "--model.optimizer.lr 1e9",
        "--model.surface.start '[-400]'",
    ],
)
def test_where_theory_does_not_reach_slopes_are_claimed_and_no_steps(measured, typed):
    assert set(measured(f"--only cross_entropy {typed}")) == {"cross_entropy.slope"}
    assert set(measured(f"--only squared {typed}")) <= {"squared.slope", "squared.factor"}


def test_a_figure_is_drawn_where_no_way_back_is_known(script, tmp_path):
    typed = ["--only=squared", "--model.optimizer.lr=2.5", "--data.count=3"]
    assert script.main(["--brief=true", f"--runs_dir={tmp_path}", *typed]).holds


def test_a_figure_is_drawn_where_no_mistake_is_made(script, tmp_path):
    report = script.main(["--brief=true", f"--runs_dir={tmp_path}", "--only=squared_error"])
    assert (report.folder / "losses.png").is_file()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("--only cross_entropy --model.surface.target 1.3", ["y is 1.3", "between 0 and 1"]),
        ("--only probably_true --model.surface.start [1.0]", ["probability is 1.0", "between 0 and 1"]),
        ("--only probably_true --model.surface.start [1.0e-310]", ["slope is -inf"]),
        ("--only squared_error --model.surface.start [1.0e+308]", ["slope is inf"]),
        ("--only squared_error --model.surface.start []", ["start has 0 outputs", "at least 1"]),
        ("--only squared_error --model.surface.start [.nan]", ["start has nan", "a finite number"]),
        ("--only squared_error --model.surface.samples 0", ["samples is 0", "at least 1"]),
        ("--only squared_error --model.surface.loss hinge", ["hinge", "bce_with_logits"]),
        ("--only squared_error --model.surface zoo.models.Logistic", ["Logistic", "zoo.models.Output"]),
        ("--only squared --model.optimizer.momentum 0.9", ["momentum is 0.9"]),
        ("--only squared --model.optimizer torch.optim.Adam", ["Adam", "SGD"]),
        ("--only squared --model.noise_std 0.1", ["squared", "noise_std"]),
        ("--only squared --trainer.precision 32-true", ["'32-true'", "64-true"]),
        ("--only squared --trainer.gradient_clip_val 1.0", ["gradient_clip_val"]),
    ],
)
def test_what_the_laws_do_not_speak_of_is_refused(typed, words, refusal):
    said = refusal(typed)
    assert [word for word in words if word not in said] == []
