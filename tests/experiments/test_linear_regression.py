import pytest

SETTINGS = [
    "--seed_everything 1 --only best_rate --data.samples 100 --model.optimizer.lr 0.2",
    "--seed_everything 2 --only just_under,just_over --data.samples 60 --trainer.max_steps 200",
    "--seed_everything 3 --only raw_features --model.optimizer.lr 1.0e-6 --trainer.max_steps 100",
]
# So long that rounding can be seen in what is left of the error.
CONVERGED = (
    "--only best_rate --trainer.max_steps 4500 --trainer.log_every_n_steps 1000 "
    "--gradient_norms.every_n_steps 1000"
)
SHORT = "--only best_rate --trainer.max_steps 20"
FAR_OVER = "--only just_over --model.optimizer.lr 0.3 --trainer.max_steps 40"
FAR_UNDER = "--only small_rate --model.optimizer.lr 0.2 --trainer.max_steps 20"
WALK = {"best_rate.path", "best_rate.left"}


@pytest.mark.parametrize("typed", [*SETTINGS, CONVERGED, SHORT, FAR_OVER])
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
    assert failures(SHORT) == WALK


def test_momentum_that_the_prediction_does_not_know_of_fails(script, failures, monkeypatch):
    right = script.Regressor.configure_optimizers

    def configure_optimizers(self):
        optimizer = right(self)
        optimizer.param_groups[0]["momentum"] = 0.5  # the prediction reads the defaults, which say 0
        return optimizer

    monkeypatch.setattr(script.Regressor, "configure_optimizers", configure_optimizers)
    assert failures(SHORT) == WALK


def test_a_limit_of_one_over_the_largest_curvature_fails(script, failures, monkeypatch):
    right = script.descent.largest_stable_rate
    monkeypatch.setattr(script.descent, "largest_stable_rate", lambda curvatures: right(curvatures) / 2)
    assert failures(FAR_UNDER) == {"small_rate.fate"}


def test_a_factor_that_leaves_the_largest_curvature_out_fails(script, failures, monkeypatch):
    right = script.descent.contraction
    monkeypatch.setattr(script.descent, "contraction", lambda rate, curvatures: right(rate, curvatures[:-1]))
    assert failures(FAR_OVER) == {"just_over.factor"}
