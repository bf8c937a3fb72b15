import pytest

SETTINGS = [
    "--seed_everything 1 --only gradient_descent,heavy_ball,nesterov,averaged_momentum --data.count 2000 "
    "--model.optimizer.lr 0.03 --model.surface.curvatures '[1.0, -2.5]' "
    "--model.surface.start '[0.5, -3.0e-5]'",
    "--seed_everything 2 --only heavy_ball,nesterov,on_the_ridge_nesterov --model.optimizer.momentum 0.7 "
    "--model.stop_radius 0.3 --data.count 100",
    "--seed_everything 3 --only adam,on_the_ridge_adam --model.optimizer.lr 0.01 "
    "--model.surface.curvatures '[2.0, -0.3]' --data.count 200",
    "--seed_everything 1 --only noise --model.noise_std 0.01 --model.optimizer.lr 0.2 "
    "--model.surface.curvatures '[1.0, -0.5]'",
    "--seed_everything 2 --only noise --model.noise_std 0.1 --model.surface.copies 1000",
    "--only heavy_ball --model.optimizer.lr 0.0009 --model.optimizer.dampening 0.99 "
    "--model.surface.start '[1.0,0.95]' --data.count 3000",
    "--only noise --model.noise_std 10 --model.optimizer.lr 0.01 --data.count 400",
]
FORMS = "--only gradient_descent,heavy_ball,nesterov,averaged_momentum --model.surface.start '[1.0, 0.01]'"
MOMENTUM = {"heavy_ball.steps", "nesterov.steps", "averaged_momentum.steps"}
ADAM = "--only adam"
RIDGE = "--only adam,on_the_ridge,on_the_ridge_adam --data.count 40"
NOISE = "--only noise"
GENTLER = "--only gentle_heavy_ball --model.optimizer.lr 0.01 --data.count 800"
GENTLE = "--only gentle_heavy_ball,gentle_matched_step"


@pytest.mark.parametrize(
    "typed", [*SETTINGS, "--only gentle_heavy_ball --model.optimizer.lr 0.01 --data.count 800"]
)
def test_all_verdicts_hold_at_other_saddles_rates_momenta_and_seeds(typed, failures):
    assert failures(typed) == set()


def test_momentum_left_out_of_the_prediction_fails(script, failures, monkeypatch):
    right = script.saddle.escape_steps
    monkeypatch.setattr(script.saddle, "escape_steps", lambda *start, **form: right(*start))
    assert failures(FORMS) == MOMENTUM


def test_momentum_left_out_of_the_optimizer_fails(script, failures, monkeypatch):
    right = script.Minimizer.configure_optimizers

    def configure_optimizers(self):
        optimizer = right(self)
        optimizer.param_groups[0]["momentum"] = 0.0  # the prediction reads the defaults
        return optimizer

    monkeypatch.setattr(script.Minimizer, "configure_optimizers", configure_optimizers)
    assert failures(FORMS) == MOMENTUM


def test_nesterov_taken_for_the_heavy_ball_fails(script, failures, monkeypatch):
    right = script.saddle.escape_steps
    monkeypatch.setattr(
        script.saddle, "escape_steps", lambda *start, **form: right(*start, **form | {"nesterov": False})
    )
    assert failures(FORMS) == {"nesterov.steps"}


def test_an_average_taken_for_a_sum_fails(script, failures, monkeypatch):
    right = script.saddle.escape_steps
    monkeypatch.setattr(
        script.saddle, "escape_steps", lambda *start, **form: right(*start, **form | {"dampening": 0.0})
    )
    assert failures(FORMS) == {"averaged_momentum.steps"}


def test_twice_the_curvature_fails(script, failures, monkeypatch):
    right = script.curvature_of
    monkeypatch.setattr(script, "curvature_of", lambda run: 2 * right(run))
    assert failures(FORMS) == MOMENTUM | {"gradient_descent.steps"}


def test_a_terminal_rate_without_the_momentum_fails(script, failures, monkeypatch):
    monkeypatch.setattr(script.descent, "terminal_rate", lambda rate, momentum: rate)
    assert failures(GENTLE) == {"gentle_heavy_ball.matched"}


def test_adam_with_another_rate_fails(script, failures, monkeypatch):
    right = script.saddle.adam_escape_steps
    monkeypatch.setattr(
        script.saddle,
        "adam_escape_steps",
        lambda start, radius, rate, *rest: right(start, radius, rate / 2, *rest),
    )
    assert failures(ADAM) == {"adam.steps"}


def test_a_ridge_that_is_tilted_by_a_trillionth_fails(script, failures, monkeypatch):
    right = script.Minimizer.training_step

    def training_step(self, batch, batch_idx):
        return right(self, batch, batch_idx) + 1e-12 * self.surface.point.sum()

    monkeypatch.setattr(script.Minimizer, "training_step", training_step)
    assert failures(RIDGE) == {"on_the_ridge.distance", "on_the_ridge_adam.distance"}


@pytest.mark.parametrize("quantity", ["variance", "median"])
def test_noise_of_twice_its_standard_deviation_in_the_prediction_fails(
    quantity, script, failures, monkeypatch
):
    name = {"variance": "noise_variance", "median": "median_escape_steps"}[quantity]
    right = getattr(script.saddle, name)
    monkeypatch.setattr(
        script.saddle, name, lambda first, rate, noise, curvature: right(first, rate, 2 * noise, curvature)
    )
    assert failures(NOISE) == {f"noise.{quantity}"}


def test_noise_that_drifts_fails(script, failures, monkeypatch):
    right = script.Minimizer.training_step

    def training_step(self, batch, batch_idx):
        return right(self, batch, batch_idx) + 1e-4 * self.surface.point.sum()  # a tenth of the noise

    monkeypatch.setattr(script.Minimizer, "training_step", training_step)
    assert failures(NOISE) == {"noise.upward", "noise.variance"}


def test_what_could_not_fail_is_not_claimed_of_noise(measured):
    assert set(measured("--only noise --trainer.max_steps 1")) == {"noise.upward"}


def test_adam_that_never_arrives_is_refused_and_not_followed_for_ever(refusal):
    said = refusal("--only adam --model.optimizer.lr 1e-20")
    assert "adam needs 401 steps at least and is given 400; raise data.count" in said
