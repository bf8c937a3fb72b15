import pytest
from numpy.polynomial import Polynomial

from zoo.theory import rolling


def heights(*roots):
    """--model.surface.coefficients of an f with f′ = Π (x − root)."""
    return f"--model.surface.coefficients '{Polynomial.fromroots(roots).integ().coef.tolist()}'"


THREE_WELLS = heights(-1.5, -0.8, 0.1, 0.7, 1.4)
ONE = "--only momentum"
SETTINGS = [
    f"{ONE} --model.optimizer.lr 0.0025 --model.optimizer.momentum 0.96 --data.count 200",
    f"{ONE} {THREE_WELLS} --model.optimizer.momentum 0.85 --data.count 150 --seed_everything 1",
    f"{ONE} {THREE_WELLS} --model.optimizer.momentum 0.95 --data.count 150",
    f"{ONE} {heights(-1.2, 0.3, 1.0)} --model.surface.start -2.2 --data.count 120 --seed_everything 2",
    f"{ONE} --model.optimizer.momentum 0.7",  # so much friction that it creeps
]


@pytest.mark.parametrize("typed", SETTINGS)
def test_all_verdicts_hold_at_other_curves_starts_rates_and_momenta(typed, failures):
    assert failures(typed) == set()


def test_a_ball_with_half_as_much_friction_again_fails(failures, monkeypatch):
    right = rolling.friction
    monkeypatch.setattr(rolling, "friction", lambda rate, momentum: 1.5 * right(rate, momentum))
    assert failures("") == {
        "little_momentum.farthest",
        "momentum.clears",
        "momentum.farthest",
        "momentum.well",
        "much_momentum.farthest",
        "much_momentum.well",
    }


def test_a_ball_that_stays_in_the_first_well_fails(broken, failures):
    broken("rolling", "final_well", lambda *form: 1.0)
    assert failures("") == {"momentum.well"}


def test_momentum_left_out_of_the_optimizer_fails(optimized, failures):
    optimized(momentum=0.0)
    assert failures("--only little_momentum,momentum") == {
        "little_momentum.farthest",
        "momentum.clears",
        "momentum.farthest",
        "momentum.well",  # the other ball stays anyway
    }


def test_momentum_that_averages_fails(optimized, failures):
    optimized(dampening=0.9)
    assert failures(ONE) == {"momentum.clears", "momentum.farthest", "momentum.well"}


def test_a_little_less_momentum_than_the_law_is_told_fails(optimized, failures):
    optimized(momentum=0.885)  # the critical one is 0.891
    assert failures(ONE) == {"momentum.clears", "momentum.farthest", "momentum.well"}


def test_a_critical_friction_of_half_the_size_fails(script, broken, failures):
    right = script.rolling.critical_friction
    broken("rolling", "critical_friction", lambda *form: right(*form) / 2)
    assert failures("") == {"momentum.clears"}


def test_a_curve_that_is_tilted_fails(pushed, failures):
    pushed(0.05)
    assert "much_momentum.farthest" in failures("--only much_momentum")


def test_from_lower_down_the_same_ball_stays_in_the_shallow_well(measured):
    assert measured(f"{ONE} --model.surface.start 1.5")["momentum.well"] == "x = 1"


def test_the_same_momentum_with_smaller_steps_is_more_friction(measured):
    assert measured(f"{ONE} --model.optimizer.lr 0.0025 --data.count 200")["momentum.well"] == "x = 1"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (f"{ONE} --trainer.precision 32-true", "trainer.precision is '32-true' in momentum"),
        (f"{ONE} --model.optimizer.nesterov true", "nesterov is True in momentum"),
        (f"{ONE} --model.optimizer.lr 0.0", "an lr above 0"),
        (f"{ONE} --model.surface zoo.models.Logistic", "choose zoo.models.Polynomial"),
        (f"{ONE} --model.surface.copies 2", "copies is 2 in momentum; one ball rolls: choose 1"),
        (f"{ONE} --model.optimizer.momentum 0.0", "momentum is 0 in momentum, which makes no ball"),
        (f"{ONE} --model.optimizer.momentum 0.8915", "momentum is 0.8915, too near"),
        (f"{ONE} --model.optimizer.momentum 1.0", "momentum is 1.0"),
        (f"{ONE} --model.optimizer.lr 1.0", "such steps make no ball that rolls"),
        (f"{ONE} --model.surface.start 1.1", "no ball gets over a rim"),
        (f"{ONE} --model.surface.start 1.0e+9", "start where it is below 10⁴"),
        (f"{ONE} --trainer.max_steps 1", "after 1 steps the ball may still roll"),
    ],
)
def test_what_no_law_speaks_of_is_refused(typed, sentence, refusal):
    assert sentence in refusal(typed)
