import pytest
import torch

SETTINGS = [
    "--seed_everything 1 --model.network.width 12 --data.samples 30 --trainer.max_steps 300 "
    "--model.optimizer.lr 0.1",
    "--seed_everything 2 --repeats 1 --model.network.width 5 --data.samples 200 "
    "--trainer.max_steps 40 --model.network.initialization xavier",
    "--seed_everything 3 --repeats 1 --data.standardize false --trainer.max_steps 30 "
    "--model.optimizer.momentum 0.99",
    # where L⁗ is small and the fifth derivative is not
    "--seed_everything 3 --repeats 1 --model.network.width 2 --data.samples 442 --trainer.max_steps 20",
    "--seed_everything 3 --repeats 1 --model.network.width 2 --data.samples 11 --trainer.max_steps 20",
    "--seed_everything 2 --repeats 1 --model.network.initialization he --trainer.max_steps 20",
    "--repeats 1 --data.standardize false --trainer.max_steps 20",  # tanh is flat: no third power is claimed
    "--repeats 1 --model.network.width 2 --model.optimizer.lr 0.6 --trainer.max_steps 100",
    "--seed_everything 2 --repeats 1 --data.standardize false --model.network.width 2 "
    "--model.optimizer.lr 6 --model.optimizer.dampening 0.9 --trainer.max_steps 50",
]
SHORT = "--repeats 1 --trainer.max_steps 20"
ENDS = "--repeats 1 --trainer.max_steps 300"


@pytest.mark.parametrize("typed", SETTINGS)
def test_all_verdicts_hold_for_other_networks_data_and_seeds(typed, failures):
    assert failures(typed) == set()


def test_in_a_rounder_bowl_the_slope_points_less_far_past_the_bottom(script, measured, monkeypatch):
    assert measured(SHORT)["bowl.angle"] == pytest.approx(78.58, abs=0.01)
    monkeypatch.setattr(script, "KAPPA", 4.0)
    assert measured(SHORT)["bowl.angle"] == pytest.approx(36.87, abs=0.01)


def test_more_weights_for_the_same_patients_are_flat_in_more_directions(measured):
    usual, wider = (measured(f"{ENDS} {width}") for width in ("", "--model.network.width 12"))
    assert wider["network.flat_after"] > usual["network.flat_after"] + 0.05


def test_where_no_one_has_looked_only_what_is_derived_is_claimed(measured):
    found = measured("--repeats 1 --data.samples 200 --trainer.max_steps 20")
    derived = {"power", "copy", "half_way", "slope_at_0", "lowest_at_0", "downhill_at_0"}
    assert set(found) == {f"network.{key}" for key in derived} | {"bowl.angle"}


def test_a_curvature_of_half_its_size_leaves_a_parabola_over(script, failures, monkeypatch):
    right = script.curvature.along_descent

    def along_descent(loss, point):
        value, slope, second, *rest = right(loss, point)
        return [value, slope, second / 2, *rest]

    monkeypatch.setattr(script.curvature, "along_descent", along_descent)
    assert failures(SHORT) == {"network.power"}


def test_units_that_leave_their_bias_behind_make_no_copy(script, failures, monkeypatch):
    right = script.curvature.units_reversed

    def units_reversed(w, units):
        copy = right(w, units)
        copy[-2 * units - 1 : -units - 1] = w[-2 * units - 1 : -units - 1]
        return copy

    monkeypatch.setattr(script.curvature, "units_reversed", units_reversed)
    assert failures(SHORT) == {"network.copy", "network.half_way"}


def test_a_network_that_is_not_zero_at_zero_has_a_slope_there(script, failures, monkeypatch):
    right = script.MLP.forward
    monkeypatch.setattr(script.MLP, "forward", lambda self, x: right(self, x) + 0.01)
    assert failures(SHORT) == {"network.slope_at_0", "network.lowest_at_0"}


def test_a_curvature_at_zero_without_the_two_of_the_square_fails(script, failures, monkeypatch):
    right = script.curvature.curvature_at_zero
    monkeypatch.setattr(script.curvature, "curvature_at_zero", lambda x, y: right(x, y) / 2)
    assert failures(SHORT) == {"network.lowest_at_0"}


def test_a_network_that_computes_another_activation_has_another_saddle(script, failures, monkeypatch):
    right = script.landscape

    def landscape(run):
        run.model.network.phi = torch.sigmoid
        return right(run)

    monkeypatch.setattr(script, "landscape", landscape)
    assert failures(SHORT) == {"network.lowest_at_0"}


def test_ends_that_are_one_have_no_ridge_between_them(script, failures, monkeypatch):
    monkeypatch.setattr(script.curvature, "units_reversed", lambda w, units: w + 1e-3)
    assert failures(ENDS) == {"network.copy", "network.half_way", "network.ridge"}


def test_a_network_that_has_hardly_moved_is_at_no_end_of_training(script, failures, monkeypatch):
    right = torch.optim.SGD.step

    def step(self, closure):
        before = [p.detach().clone() for group in self.param_groups for p in group["params"]]
        loss = right(self, closure)
        with torch.no_grad():
            for p, old in zip(self.param_groups[0]["params"], before, strict=True):
                p.copy_(old + 1e-3 * (p - old))
        return loss

    monkeypatch.setattr(torch.optim.SGD, "step", step)
    found = {f"network.{key}" for key in ("angle", "ridge", "down_after", "flat_after")}
    assert failures(ENDS) == found


def test_an_angle_of_the_condition_numbers_root_fails(script, failures, monkeypatch):
    right = script.curvature.widest_angle
    monkeypatch.setattr(script.curvature, "widest_angle", lambda condition: right(condition**0.5))
    assert failures(SHORT) == {"bowl.angle"}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("--model.network.activation relu", "the network of network is not what these laws"),
        ("--model.network.depth 2", "the network of network is not what these laws speak of"),
        ("--model.network.width 1", "model.network.width is 1 in network; choose 2 to 32"),
        ("--model.optimizer.lr 0.5", "lr is 0.5 in network; choose one above 0 and below 0.211"),
        ("--model.optimizer.lr 0", "lr is 0.0 in network; choose one above 0 and below 0.211"),
        (
            "--model.optimizer.lr 0.1 --model.optimizer.nesterov true --model.network.width 32",
            "lr is 0.1 in network; choose one above 0 and below 0.0206",
        ),
        ("--model.optimizer torch.optim.Adam", "the optimizer is Adam in network; these laws"),
        ("--trainer.precision 32-true", "trainer.precision is '32-true' in network"),
        ("--trainer.gradient_clip_val 1.0", "trainer.gradient_clip_val is 1.0 in network"),
    ],
)
def test_what_the_laws_do_not_speak_of_is_refused(typed, said, refusal):
    assert said in refusal(typed)
