import pytest

SETTINGS = [
    "--seed_everything 1 --only best_rate --data.samples 100 --model.optimizer.lr 0.2",
    "--seed_everything 2 --only just_under,just_over --data.samples 60 --trainer.max_steps 200",
    "--seed_everything 3 --only raw_features --model.optimizer.lr 1.0e-6 --trainer.max_steps 100",
    "--seed_everything 1 --only raw_features --model.optimizer.lr 1e-20 --trainer.max_steps 100",
]
# After 1083 steps a hundredth of any error is left.
LONG = "--only best_rate --trainer.max_steps 1083 --gradient_norms.every_n_steps 1000"
SHORT = "--only best_rate --trainer.max_steps 20"
FAR_OVER = "--only just_over --model.optimizer.lr 0.3 --trainer.max_steps 40"
FAR_UNDER = "--only small_rate --model.optimizer.lr 0.2 --trainer.max_steps 20"
FACTORS = {"best_rate.flattest", "best_rate.steepest"}


@pytest.mark.parametrize("typed", [*SETTINGS, SHORT, FAR_OVER])
def test_all_verdicts_hold_at_other_rates_data_and_seeds(typed, failures):
    assert failures(typed) == set()


def test_a_hand_gradient_with_half_of_dw_fails(script, failures, monkeypatch):
    right = script.linear_vjp
    monkeypatch.setattr(
        script, "linear_vjp", lambda *inputs: (None, right(*inputs)[1] / 2, right(*inputs)[2])
    )
    assert failures(SHORT) == {"best_rate.gradient"}


def test_a_hand_gradient_without_the_two_of_the_square_fails(script, failures, monkeypatch):
    right = script.mse_vjp
    monkeypatch.setattr(script, "mse_vjp", lambda *inputs: (right(*inputs)[0] / 2, None))
    assert failures(SHORT) == {"best_rate.gradient"}


def test_a_closed_form_with_another_rate_fails(script, failures, monkeypatch):
    right = script.descent.iterates

    def iterates(start, optimum, hessian, rate, steps):
        return right(start, optimum, hessian, 1.001 * rate, steps)

    monkeypatch.setattr(script.descent, "iterates", iterates)
    assert failures(SHORT) == {"best_rate.left"}


def test_momentum_that_the_prediction_does_not_know_of_fails(script, failures, monkeypatch):
    right = script.Regressor.configure_optimizers

    def configure_optimizers(self):
        optimizer = right(self)
        optimizer.param_groups[0]["momentum"] = 0.5  # the prediction reads the defaults, which say 0
        return optimizer

    monkeypatch.setattr(script.Regressor, "configure_optimizers", configure_optimizers)
    assert failures(SHORT) == {"best_rate.left"}


def test_a_limit_of_one_over_the_largest_curvature_fails(script, failures, monkeypatch):
    right = script.descent.largest_stable_rate
    monkeypatch.setattr(script.descent, "largest_stable_rate", lambda curvatures: right(curvatures) / 2)
    assert failures(FAR_UNDER) == {"small_rate.fate"}


def test_a_factor_of_the_second_largest_curvature_fails(script, failures, monkeypatch):
    right = script.curvatures_of
    monkeypatch.setattr(script, "curvatures_of", lambda run: right(run)[[*range(10), 9]])
    assert failures(SHORT) == {"best_rate.steepest"}


def test_a_best_factor_with_the_root_of_the_condition_number_fails(script, failures, monkeypatch):
    monkeypatch.setattr(
        script.descent, "best_contraction", lambda curvatures: 0.9118
    )  # with κ = 470: momentum's
    assert failures(SHORT) == {"best_rate.best"}


def test_a_step_along_the_gradient_of_other_data_fails(script, failures, monkeypatch):
    right = script.Regressor.training_step

    def training_step(self, batch, batch_idx):
        x, y = batch
        return right(self, (1.001 * x, y), batch_idx)

    monkeypatch.setattr(script.Regressor, "training_step", training_step)
    assert failures(SHORT) == {"best_rate.gradient", "best_rate.left", *FACTORS, "best_rate.best"}


def test_where_rounding_hides_the_flattest_no_factor_is_claimed_of_it(measured):
    assert "raw_features.flattest" not in measured("--only raw_features --trainer.max_steps 20")


def test_where_what_shrinks_hides_what_grows_no_fate_is_claimed(measured):
    assert "just_over.fate" not in measured("--only just_over --trainer.max_steps 20")


def test_the_steps_to_a_hundredth_leave_no_more(measured):
    assert measured(LONG)["best_rate.left"] < 0.01
