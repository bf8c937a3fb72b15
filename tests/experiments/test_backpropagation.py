from decimal import Decimal, localcontext

import pytest
import torch
from matplotlib.figure import Figure

from zoo.diagnostics import GradientNormMonitor

SETTINGS = [
    "--seed_everything 1 --trainer.max_steps 20 --data.batch_size 32 --model.network.activation relu",
    "--seed_everything 2 --trainer.max_steps 20 --data.batch_size 500 --model.network.activation sigmoid "
    "--model.network.initialization xavier --model.optimizer.lr 0.01 --model.optimizer.momentum 0.9",
    "--seed_everything 3 --trainer.max_steps 20 --model.network.activation gelu --model.network.width 70 "
    "--model.network.initialization he",
    "--seed_everything 1 --trainer.max_steps 3 --data.batch_size 1 --model.network.width 16",
    "--seed_everything 2 --trainer.max_steps 3 --data.batch_size 2000 --model.network.activation elu",
    "--seed_everything 3 --trainer.max_steps 3 --model.network.activation softplus --model.optimizer.lr 1e9",
    "--seed_everything 1 --trainer.max_steps 2 --model.network.activation silu --model.network.width 256",
]
SHORT = "--trainer.max_steps 20"
ONE_STEP = "--trainer.max_steps 1"
SAME = {"by_hand.gradients", "by_hand.weights"}


@pytest.fixture
def runs(script, monkeypatch):
    """The runs of an experiment as they are typed, after training."""
    kept = []

    def training(typed, failures):
        monkeypatch.setattr(script, "draw", lambda runs, *_: kept.extend(runs) or Figure())
        assert failures(typed) == set()
        return kept

    return training


@pytest.mark.parametrize("typed", SETTINGS)
def test_all_verdicts_hold_at_other_activations_batches_widths_and_seeds(typed, failures):
    assert failures(typed) == set()


def test_another_activation_is_another_pair_of_functions(measured):
    assert measured(f"{SHORT} --model.network.activation relu").keys() >= SAME


def test_a_sigmoid_shrinks_gradients_on_their_way_back(script, failures, runs):
    (run,) = runs(f"--only by_hand {ONE_STEP} --model.network.activation sigmoid", failures)
    hand, _ = script.both_ways(run)
    z4, z3, z2, z1 = (float(hand[f"z{i}"].norm()) for i in (4, 3, 2, 1))
    assert z4 > 4 * z3 > 16 * z2 > 64 * z1


def test_the_way_back_has_a_gradient_for_every_output_parameter_and_input(script, failures, runs):
    (run,) = runs(f"--only by_hand {ONE_STEP}", failures)
    hand, auto = script.both_ways(run)
    back = [name for i in (4, 3, 2, 1) for name in (f"h{i}", f"z{i}", f"W{i}", f"b{i}")][1:]
    assert list(hand) == list(auto) == [*back, "x"]
    assert script.every_gradient(hand, auto).row_count == 16


def test_without_a_twin_there_is_nothing_to_compare_weights_with(measured):
    assert not {"by_hand.weights", "by_hand.decisions"} & measured(f"--only by_hand {ONE_STEP}").keys()
    assert not {"by_hand.weights"} & measured(f"{ONE_STEP} --model.by_hand true").keys()
    assert not {"by_hand.weights"} & measured(f"{ONE_STEP} --model.optimizer.lr 0.2").keys()


def test_training_by_hand_calls_no_backward_pass_of_autograd(failures, runs, monkeypatch):
    monkeypatch.setattr(torch.Tensor, "backward", lambda *_: pytest.fail("autograd was called"))
    (run,) = runs("--only by_hand --trainer.max_steps 3", failures)
    assert len(run.model.losses) == 3
    assert not any(loss.requires_grad for loss in run.model.losses)


def test_the_monitor_records_the_same_norms_of_both(failures, runs):
    hand, auto = (run.callback(GradientNormMonitor) for run in runs("--trainer.max_steps 3", failures))
    assert list(hand.norms) == [*(f"network.hidden.{i}" for i in range(3)), "network.output"]
    assert hand.steps == auto.steps == [0, 1, 2]
    for layer, norms in auto.norms.items():
        assert hand.norms[layer] == pytest.approx(norms, rel=1e-12)


def test_a_slope_that_is_wrong_by_a_millionth_fails(script, failures, monkeypatch):
    right = script.activations.tanh_vjp
    monkeypatch.setattr(script.activations, "tanh_vjp", lambda g, x: (right(g, x)[0] * (1 + 1e-6),))
    assert failures(SHORT) == SAME


def test_a_backward_pass_without_slopes_fails(script, failures, monkeypatch):
    monkeypatch.setattr(script.activations, "tanh_vjp", lambda g, x: (g,))
    assert failures(SHORT) == SAME | {"by_hand.decisions"}


def test_a_gradient_that_went_through_float32_fails(script, failures, monkeypatch):
    right = script.by_hand

    def by_hand(*start):
        loss, gradients = right(*start)
        return loss, {name: g.float().double() for name, g in gradients.items()}

    monkeypatch.setattr(script, "by_hand", by_hand)
    assert failures(SHORT) == SAME


def test_a_step_that_is_longer_by_a_millionth_fails(script, failures, monkeypatch):
    right = script.HandClassifier.configure_optimizers

    def configure_optimizers(self):
        optimizer = right(self)
        optimizer.param_groups[0]["lr"] *= 1 + 1e-6 * self.by_hand
        return optimizer

    monkeypatch.setattr(script.HandClassifier, "configure_optimizers", configure_optimizers)
    assert failures(SHORT) == {"by_hand.weights"}


def test_a_sum_of_squares_taken_for_their_mean_fails(script, failures, monkeypatch):
    right = script.mse_vjp
    monkeypatch.setattr(script, "mse_vjp", lambda g, p, y: right(g * p.numel(), p, y))
    assert failures(f"--only by_hand {ONE_STEP}") == {
        f"mazur_2015.{q}" for q in ("slope", "w5", "w1", "after")
    }


def test_the_published_error_after_a_step_is_not_that_of_fifty_digits(script):
    exact, printed = error_after_a_step(), Decimal("0.291027924")
    predicted = {p.key: p for p in script.predict_mazur()}["mazur_2015.after"]
    assert abs(exact - Decimal(repr(predicted.value))) < Decimal(predicted.atol)
    assert Decimal("1.49e-7") < printed - exact < Decimal("1.51e-7")


def error_after_a_step():
    """E of the 2-2-2 network after one step of ½, weight by weight, in fifty digits."""
    with localcontext(prec=50):
        x1, x2, t1, t2, b1, b2 = (Decimal(hundredths) / 100 for hundredths in (5, 10, 1, 99, 35, 60))
        w = [Decimal(hundredths) / 100 for hundredths in (0, 15, 20, 25, 30, 40, 45, 50, 55)]  # w[1] … w[8]

        def units():
            def sigmoid(z):
                return 1 / (1 + (-z).exp())

            h1, h2 = sigmoid(w[1] * x1 + w[2] * x2 + b1), sigmoid(w[3] * x1 + w[4] * x2 + b1)
            return h1, h2, sigmoid(w[5] * h1 + w[6] * h2 + b2), sigmoid(w[7] * h1 + w[8] * h2 + b2)

        h1, h2, o1, o2 = units()
        d1, d2 = (o1 - t1) * o1 * (1 - o1), (o2 - t2) * o2 * (1 - o2)
        e1, e2 = (d1 * w[5] + d2 * w[7]) * h1 * (1 - h1), (d1 * w[6] + d2 * w[8]) * h2 * (1 - h2)
        slopes = [Decimal(0), e1 * x1, e1 * x2, e2 * x1, e2 * x2, d1 * h1, d1 * h2, d2 * h1, d2 * h2]
        w = [old - slope / 2 for old, slope in zip(w, slopes, strict=True)]
        *_, o1, o2 = units()
        return ((t1 - o1) ** 2 + (t2 - o2) ** 2) / 2


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("--model.network.depth 30", "model.network.depth is 30 in by_hand; choose 3"),
        ("--model.network.bias false", "model.network.bias is False in by_hand; choose true"),
        ("--model.network.width 8", "model.network.width is 8 in by_hand; choose 16 or more"),
        ("--model.network.initialization normal", "is normal in by_hand; choose default, xavier or he"),
        ("--data zoo.data.Images --model.network.in_features 784", "data is Images in by_hand; choose"),
        ("--trainer.precision 32", "trainer.precision is '32-true' in by_hand"),
        ("--model.optimizer Adam", "the optimizer is Adam in by_hand; these laws speak of SGD"),
        ("--trainer.gradient_clip_val 1.0", "trainer.gradient_clip_val is 1.0 in by_hand"),
        ("--repeats 2", "repeats is 2, and may have to be 1 here"),
    ],
)
def test_what_the_laws_do_not_speak_of_is_refused(typed, sentence, refusal):
    assert sentence in refusal(typed)
