import pytest

SETTINGS = [
    "--seed_everything 1 --only small_rate,overshooting --model.surface.coefficients [2.0,3.0,0.7] "
    "--model.surface.start -20 --data.count 30",
    "--seed_everything 2 --only tiny_rate,overshooting --model.surface.coefficients [1.0e6,-6.0,1.0]",
    "--only tiny_rate --model.optimizer.lr 0.001 --data.count 200",
    "--only tiny_rate,over_the_limit --model.optimizer.lr 0.97 --data.count 60",
    "--only over_the_limit --model.optimizer.lr 4 --data.count 60",
    # 0.1 is no binary fraction: ηλ is 2 only after rounding, and the path drifts by as much.
    "--only at_the_limit --model.surface.coefficients [90,-60,10] --model.optimizer.lr 0.1 --data.count 100",
    "--only small_rate,inverse_curvature,over_the_limit --data.count 1",
]
BOWLS = "--only small_rate,inverse_curvature,overshooting,at_the_limit,over_the_limit --data.count 6"
# From 1/λ one step arrives, and what is a little off in six steps is off by as little to the power of six.
LONG = ("small_rate", "overshooting", "at_the_limit", "over_the_limit")
RUNS = ("inverse_curvature", *LONG)


@pytest.mark.parametrize("typed", SETTINGS)
def test_all_verdicts_hold_at_other_rates_starts_curvatures_and_seeds(typed, failures):
    assert failures(typed) == set()


def test_regimes_that_begin_at_half_their_rates_fail(script, failures, monkeypatch):
    right = script.regimes.regime
    monkeypatch.setattr(script.regimes, "regime", lambda rate, curvature: right(2 * rate, curvature))
    assert failures(BOWLS) == {
        f"{run}.regime" for run in ("inverse_curvature", "overshooting", "at_the_limit")
    }


def test_a_descent_lemma_without_its_half_fails(script, failures, monkeypatch):
    monkeypatch.setattr(script.regimes, "fall", lambda rate, curvature: rate * (1 - rate * curvature))
    assert failures(BOWLS) == {f"{run}.fall" for run in RUNS}


def test_a_closed_form_with_a_rate_that_is_a_millionth_off_fails(script, failures, monkeypatch):
    right = script.regimes.iterates
    monkeypatch.setattr(
        script.regimes, "iterates", lambda steps, rate, *form: right(steps, rate * (1 + 1e-6), *form)
    )
    assert failures(BOWLS) == {f"{run}.end" for run in LONG}


def test_steps_on_a_slope_that_is_a_billionth_too_steep_fail(script, failures, monkeypatch):
    right = script.Minimizer.training_step
    monkeypatch.setattr(script.Minimizer, "training_step", lambda *batch: (1 + 1e-9) * right(*batch))
    assert failures(BOWLS) == {*(f"{run}.end" for run in LONG), *(f"{run}.fall" for run in RUNS)}


def test_a_point_that_is_pushed_across_fails_to_be_monotone(script, failures, monkeypatch):
    right = script.Minimizer.training_step

    def training_step(self, batch, batch_idx):
        kick = 100 * (batch_idx == 3) * self.surface.point.sum()
        return right(self, batch, batch_idx) - kick

    monkeypatch.setattr(script.Minimizer, "training_step", training_step)
    found = failures("--only small_rate --data.count 6")
    assert found == {"small_rate.regime", "small_rate.end", "small_rate.fall"}


def test_twice_the_lead_over_the_flow_fails(script, failures, monkeypatch):
    right = script.regimes.lead
    monkeypatch.setattr(script.regimes, "lead", lambda *form: 2 * right(*form))
    assert failures("--only tiny_rate --data.count 50") == {"tiny_rate.lead"}


def test_momentum_that_the_prediction_does_not_know_of_fails(script, failures, monkeypatch):
    right = script.Minimizer.configure_optimizers

    def configure_optimizers(self):
        optimizer = right(self)
        optimizer.param_groups[0]["momentum"] = 0.5  # the prediction reads the defaults, which say 0
        return optimizer

    monkeypatch.setattr(script.Minimizer, "configure_optimizers", configure_optimizers)
    found = failures("--only small_rate --data.count 40")
    assert found == {"small_rate.regime", "small_rate.end", "small_rate.fall"}


def test_eleven_times_as_steep_the_same_rate_diverges(measured):
    found = measured("--only small_rate --model.surface.coefficients '[99, -66, 11]'")
    assert found["small_rate.regime"] == "diverging"
    assert found["small_rate.fall"] < 0


def test_half_of_the_rate_leads_as_far_and_twice_as_close_to_the_flow(measured, script):
    flow = script.regimes.flow(1.0, 0.0, 3.0, 2.0)
    typed = ("--only tiny_rate", "--only tiny_rate --model.optimizer.lr 0.005 --data.count 200")
    coarse, fine = (measured(line)["tiny_rate.end"] - flow for line in typed)
    assert 0 < fine < coarse < 0.01
    assert coarse / fine == pytest.approx(2, rel=0.01)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("--model.optimizer.lr 0", ["lr is 0", "small_rate", "above 0"]),
        ("--model.optimizer.lr 1e9", ["20 steps", "leave float64"]),
        ("--model.optimizer.lr 1.0000001", ["2.0000002", "within a millionth"]),
        ("--model.optimizer.lr 1e-8", ["2e-08", "within a millionth"]),
        ("--model.optimizer.momentum 0.9", ["momentum is 0.9", "SGD without it"]),
        ("--model.optimizer torch.optim.Adam", ["Adam", "SGD"]),
        ("--model.surface.start 3", ["start is 3", "farther from 3"]),
        ("--model.surface.start 1e150", ["leave float64"]),
        ("--model.surface.coefficients [9.0,-6.0,-1.0]", ["curvature is -2.0", "positive"]),
        ("--model.surface.coefficients [0.0,0.0,0.0,0.0,0.25]", ["small_rate", "three coefficients"]),
        ("--model.surface zoo.models.Logistic", ["small_rate", "zoo.models.Polynomial"]),
        ("--model.surface.copies 2", ["copies 2", "copies 1"]),
        ("--model.noise_std 0.1", ["noise_std is 0.1", "without noise"]),
        ("--model.stop_radius 5", ["stop_radius 5", "a whole run"]),
        ("--trainer.precision 32-true", ["'32-true'", "64-true"]),
        ("--trainer.gradient_clip_val 1", ["gradient_clip_val is 1", "None"]),
    ],
)
def test_what_these_laws_do_not_speak_of_is_refused(typed, words, refusal):
    said = refusal(f"--only small_rate {typed}")
    assert [word for word in words if word not in said] == []


def test_where_rounding_of_the_height_hides_what_a_step_wins_no_fall_is_claimed(measured):
    assert "small_rate.fall" not in measured("--only small_rate --model.surface.coefficients '[1e20,-6,1]'")
