import pytest
import torch

SETTINGS = [
    "--seed_everything 1 --only gaussian_at_its_deviation,gaussian_by_norm --trainer.gradient_clip_val 0.5",
    "--seed_everything 2 --only two_weights_by_norm,two_weights_by_value --trainer.gradient_clip_val 70",
    "--only two_weights_by_norm,two_weights_by_value --model.surface.curvatures [2.0,-0.5] "
    "--model.surface.start [3.0,-40.0] --model.optimizer.momentum 0.5",
    "--seed_everything 3 --only gaussian_to_signs --model.surface.copies 2000 --model.noise_std 3.0",
    # Many short gradients: a mean of their angles would be a quarter too small.
    "--only gaussian_at_its_deviation --trainer.gradient_clip_val 3 --model.surface.copies 1000 "
    "--data.count 300",
    "--only gaussian_to_signs --trainer.gradient_clip_val 1e-170 --model.surface.copies 2000",
    "--only two_weights_by_value --trainer.gradient_clip_val 1e-290",
]
TWO_WEIGHTS = "--only two_weights_by_norm,two_weights_by_value"
LOOSE = "--only two_weights_by_norm --trainer.gradient_clip_val 200"
GAUSSIAN = "--only gaussian_at_its_deviation"


@pytest.mark.parametrize("typed", [*SETTINGS, LOOSE])
def test_all_verdicts_hold_for_other_gradients_limits_and_seeds(typed, failures):
    assert failures(typed) == set()


def test_the_formula_without_its_min_fails(script, failures, monkeypatch):
    monkeypatch.setattr(script.clipping, "norm_coefficient", lambda norm, limit: limit / (norm + 1e-6))
    assert failures(LOOSE) == {"two_weights_by_norm.factor"}


def test_the_angle_at_another_point_fails(script, failures, monkeypatch):
    monkeypatch.setattr(script, "gradient_at_start", lambda run: torch.ones(2))
    assert failures(TWO_WEIGHTS) == {"two_weights_by_value.angle", "two_weights_by_norm.factor"}


def test_noise_of_twice_its_standard_deviation_in_the_prediction_fails(script, failures, monkeypatch):
    right = script.clipping.gaussian_angle_by_value
    monkeypatch.setattr(script.clipping, "gaussian_angle_by_value", lambda limit: right(limit / 2))
    assert failures(GAUSSIAN) == {"gaussian_at_its_deviation.angle"}


def test_clipping_by_value_in_the_place_of_norm_fails(script, failures, monkeypatch):
    def by_value(self, optimizer, gradient_clip_val=None, gradient_clip_algorithm=None):
        torch.nn.utils.clip_grad_value_(list(self.parameters()), gradient_clip_val)

    monkeypatch.setattr(script.Minimizer, "configure_gradient_clipping", by_value)
    assert failures(TWO_WEIGHTS) == {"two_weights_by_norm.angle", "two_weights_by_norm.factor"}


def test_where_the_limit_is_three_deviations_hardly_an_angle_is_left(measured):
    found = measured(f"{GAUSSIAN} --trainer.gradient_clip_val 3")
    assert found["gaussian_at_its_deviation.angle"] < 2


def test_where_nothing_is_to_be_cut_nothing_turns(measured):
    found = measured("--only two_weights_by_value --trainer.gradient_clip_val 100")
    assert found["two_weights_by_value.angle"] == 0


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (f"{GAUSSIAN} --model.surface.curvatures [1.0]", ["clips noise", "curvatures 0"]),
        (f"{GAUSSIAN} --model.surface.copies 10", ["1000 entries"]),
        (f"{TWO_WEIGHTS} --model.surface.copies 2", ["copies is 2", "choose 1"]),
        (f"{TWO_WEIGHTS} --trainer.gradient_clip_val 0", ["gradient_clip_val is 0", "above 0"]),
        (f"{TWO_WEIGHTS} --trainer.gradient_clip_val null", ["gradient_clip_val is None", "above 0"]),
        (f"{TWO_WEIGHTS} --model.surface.start [0.0,0.0]", ["largest entry is 0", "above 0"]),
        (f"{LOOSE} --model.surface.start [0.0,0.0]", ["largest entry is 0", "above 0"]),
        (f"{LOOSE} --model.surface.start [1e200,1]", ["largest entry is 1e+200", "up to 1e+100"]),
        ("--only two_weights_by_value --trainer.gradient_clip_val 1e-300", ["1e-302 of the largest entry"]),
        (f"{GAUSSIAN} --trainer.gradient_clip_val 1e-310", ["limit_over_std is 1e-310"]),
        (f"{GAUSSIAN} --trainer.gradient_clip_val 4", ["gradient_clip_val is 4", "too few are above it"]),
        (f"{GAUSSIAN} --trainer.gradient_clip_val 40", ["gradient_clip_val is 40", "too few are above it"]),
        (f"{TWO_WEIGHTS} --trainer.precision 32-true", ["'32-true'", "64-true"]),
    ],
)
def test_what_these_laws_do_not_speak_of_is_refused(typed, words, refusal):
    said = refusal(typed)
    assert [word for word in words if word not in said] == []
