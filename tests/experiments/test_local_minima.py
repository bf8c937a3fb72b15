import pytest
import torch
from numpy.polynomial import Polynomial


def heights(*roots):
    """--model.surface.coefficients of an f with f′ = Π (x − root)."""
    return f"--model.surface.coefficients '{Polynomial.fromroots(roots).integ().coef.tolist()}'"


THREE_WELLS = heights(-1.5, -0.8, 0.1, 0.7, 1.4)
ONE_WELL = "--model.surface.coefficients '[9.0, -6.0, 1.0]'"
SETTINGS = [
    f"--only basins {THREE_WELLS} --model.surface.start -1.6 --model.surface.end 1.55 --data.count 200 "
    "--model.optimizer.lr 0.06 --seed_everything 1",
    f"--only quarter_rate {heights(-0.9, 0.4, 1.1)} --model.surface.copies 1000 --data.count 220 "
    "--model.optimizer.lr 0.05 --seed_everything 2",
    "--only basins --model.surface.start 1.8 --model.surface.end -1.6 --seed_everything 4",
    f"--only basins {ONE_WELL} --model.optimizer.lr 0.4 --data.count 20 --seed_everything 3",
    f"--only on_the_rim {THREE_WELLS} --model.surface.start -0.8 --model.optimizer.lr 0.02",
    "--only on_the_rim --model.surface.coefficients '[0.0, 0.0, -0.5, 0.0, 0.25]' --model.surface.start 0.0",
]
BASINS = "--only basins"
RIM = "--only on_the_rim"
BEST = {"basins.best_of_3", "basins.best_of_5"}


@pytest.mark.parametrize("typed", SETTINGS)
def test_all_verdicts_hold_at_other_curves_rates_starts_and_seeds(typed, failures):
    assert failures(typed) == set()


def test_the_share_of_the_other_valley_fails(script, broken, failures):
    right = script.wells.basin_share
    broken("wells", "basin_share", lambda well, low, high: 1 - right(well, low, high))
    assert failures(BASINS) == {"basins.lowest"} | BEST


def test_restarts_that_add_up_fail(broken, failures):
    broken("wells", "best_of", lambda p, k: min(1.0, k * p))
    assert failures(BASINS) == BEST


def test_restarts_from_the_same_start_fail(failures, monkeypatch):
    right = torch.randint
    monkeypatch.setattr(
        torch, "randint", lambda high, size, **rest: right(high, (size[0], 1), **rest).expand(size)
    )
    assert failures(BASINS) == BEST


def test_a_second_derivative_of_the_wrong_sign_fails(script, broken, failures):
    right, turned = script.wells.stationary_points, {"minimum": "maximum", "maximum": "minimum"}
    broken("wells", "stationary_points", lambda f: [(x, turned[kind]) for x, kind in right(f)])
    assert failures(BASINS) == {"basins.kinds"}


def test_a_tilted_landscape_fails(pushed, failures):
    pushed(0.05)  # f′ = 0 is found elsewhere, and every minimum with it
    assert failures(BASINS) == {"basins.lowest", "basins.leaves"} | BEST


def test_a_maximum_half_as_sharp_fails(script, broken, failures):
    right = script.wells.leaving_steps

    def halved(*where):
        steps, error = right(*where)
        return 2 * steps, error

    broken("wells", "leaving_steps", halved)
    assert failures(BASINS) == {"basins.leaves"}


def test_steps_so_short_that_points_near_the_rim_are_still_there_fail(optimized, failures):
    optimized(lr=1e-4)
    assert failures(BASINS) == {"basins.lowest", "basins.leaves"} | BEST


def test_a_maximum_that_is_tilted_a_little_fails(pushed, failures):
    pushed(1e-12)
    assert failures(RIM) == {"on_the_rim.distance"}


def test_where_no_start_is_beside_a_maximum_nothing_is_said_of_leaving_one(measured):
    found = measured(f"{BASINS} {ONE_WELL} --model.optimizer.lr 0.4 --data.count 20")
    assert set(found) == {"basins.lowest"} | BEST


def test_fewer_starts_in_the_lowest_valley_are_fewer_successes(measured):
    found = measured("--only basins --model.surface.start -1.0")
    assert found["basins.lowest"] == pytest.approx(0.4, abs=1e-3)
    assert found["basins.best_of_3"] == pytest.approx(0.784, abs=0.02)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (f"{BASINS} --trainer.precision 32-true", "trainer.precision is '32-true' in basins"),
        (f"{BASINS} --model.optimizer torch.optim.Adam", "the optimizer is Adam"),
        (f"{BASINS} --model.optimizer.momentum 0.9", "momentum is 0.9 in basins"),
        (f"{BASINS} --model.optimizer.lr 0.0", "an lr above 0"),
        (f"{BASINS} --model.stop_radius 3.0", "model.stop_radius 3.0 in basins"),
        (f"{BASINS} --model.surface zoo.models.Logistic", "choose zoo.models.Polynomial"),
        (f"{BASINS} --trainer.max_steps 1", "basins needs 128 steps and is given 1; raise data.count"),
        (f"{BASINS} --model.surface.copies 21", "basins has 21 starts from -2 to 2; choose copies 1"),
        (f"{BASINS} --model.surface.end null", "basins has 4000 starts from -2 to -2"),
        (
            f"{BASINS} --model.surface.copies 101 --model.surface.start -1.6 --model.surface.end 1.4",
            "a start lies on the maximum 0.2",
        ),
        (f"{BASINS} --model.optimizer.lr 0.1", "lr is 0.1 in basins; only below 0.09294"),
        (f"{BASINS} --model.surface.coefficients '[0.0, 0.0, -0.5, 0.0, 0.25]'", "equally deep"),
        (f"{BASINS} --model.surface.coefficients '[0.0, 0.0, 0.0, 1.0]'", "decides nothing"),
        (f"{RIM} --model.surface.start 0.3", "one point alone starts at 0.3; it must be a maximum"),
        (f"{RIM} --data.count 500", "rounding alone may leave the maximum 0.2"),
    ],
)
def test_what_no_law_speaks_of_is_refused(typed, sentence, refusal):
    assert sentence in refusal(typed)
