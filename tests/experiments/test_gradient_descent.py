import math

import pytest

SETTINGS = [
    "--seed_everything 1 --only bowl,from_the_right --model.optimizer.lr 0.37 --data.count 40",
    "--seed_everything 2 --only bowl --model.optimizer.lr 0.95 --data.count 200",  # from side to side
    "--only bowl --model.surface.coefficients [2.0,3.0,0.7] --model.surface.start -20 --data.count 150",
    "--only hill --model.surface.start 2.0 --model.optimizer.lr 1.5 --data.count 60",
    "--only at_the_bottom --model.optimizer.lr 7 --data.count 2",
    "--only bowl --model.surface.coefficients '[1,-2,1]' --model.optimizer.lr 0.45",  # 0.1^6 is NEAR
    "--only hill --model.surface.start 2.9999999 --data.count 110",  # 1.2^110 times its first rounding
    "--only bowl --model.surface.coefficients [9000,-6000,1000] --model.surface.start 3.001 "
    "--model.optimizer.lr 1e-4",
]


@pytest.mark.parametrize("typed", SETTINGS)
def test_all_verdicts_hold_on_other_parabolas_from_other_points_and_with_other_rates(typed, failures):
    assert failures(typed) == set()


def test_a_gradient_without_its_factor_2_fails(script, failures, monkeypatch):
    right = script.parabola
    monkeypatch.setattr(script, "parabola", lambda run: (right(run)[0], right(run)[1] / 2))
    assert failures("--only bowl") == {f"bowl.{key}" for key in ("slope", "first", "second", "last")}


def test_a_step_uphill_fails(script, failures, monkeypatch):
    right = script.Minimizer.training_step
    monkeypatch.setattr(script.Minimizer, "training_step", lambda self, *batch: -right(self, *batch))
    assert failures("--only bowl,hill") == {
        f"{run}.{key}" for run in ("bowl", "hill") for key in ("slope", "first", "second", "last")
    } | {"bowl.steps"}


def test_a_rate_that_is_a_millionth_off_fails(script, failures, monkeypatch):
    right = script.regimes.iterates
    monkeypatch.setattr(
        script.regimes, "iterates", lambda steps, rate, *form: right(steps, rate * (1 + 1e-6), *form)
    )
    assert failures("--only bowl,at_the_bottom") == {"bowl.first", "bowl.second", "bowl.last"}


def test_a_bottom_that_is_not_quite_flat_fails(script, failures, monkeypatch):
    right = script.Minimizer.training_step

    def training_step(self, *batch):
        return right(self, *batch) + 1e-12 * self.surface.point.sum()

    monkeypatch.setattr(script.Minimizer, "training_step", training_step)
    assert "at_the_bottom.slope" in failures("--only at_the_bottom")


def test_three_times_the_rate_leaves_four_tenths_a_step(measured):
    found = measured("--only bowl --model.optimizer.lr 0.3")
    assert 3 - found["bowl.first"] == pytest.approx(0.4 * 3)


def test_ten_times_as_far_takes_ten_or_eleven_steps_more(measured):
    near, far = (
        measured(f"--only bowl --data.count 90 --model.surface.start {start}")["bowl.steps"]
        for start in (0, 33)
    )
    assert far - near == math.ceil(math.log(10) / -math.log(0.8))


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("--only bowl --model.surface.coefficients [1.0,2.0]", ["bowl", "three coefficients"]),
        ("--only bowl --model.surface.coefficients [1.0,2.0,0.0]", ["bowl", "the last not 0"]),
        ("--only bowl --model.surface.copies 2", ["bowl", "copies 1"]),
        ("--only bowl --model.surface zoo.models.Logistic", ["bowl", "zoo.models.Polynomial"]),
        ("--only bowl --model.optimizer.momentum 0.9", ["momentum is 0.9", "SGD without it"]),
        ("--only bowl --model.optimizer torch.optim.Adam", ["Adam", "SGD"]),
        ("--only bowl --model.optimizer.lr 0", ["lr is 0", "above 0"]),
        ("--only bowl --model.optimizer.lr 1e9", ["70 steps", "leave float64"]),
        ("--only bowl --model.noise_std 0.1", ["noise_std"]),
        ("--only bowl --data.count 1", ["bowl takes 1 steps", "by data.count and trainer.max_steps"]),
        ("--only bowl --trainer.precision 32-true", ["'32-true'", "64-true"]),
    ],
)
def test_what_the_law_does_not_speak_of_is_refused(typed, words, refusal):
    said = refusal(typed)
    assert [word for word in words if word not in said] == []
