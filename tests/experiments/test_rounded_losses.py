import math

import pytest
import torch

SETTINGS = [
    "--seed_everything 1 --logit -30 --only from_logits,log_of_sigmoid,bce_loss",
    "--only log_of_sigmoid,bce_loss --dtype float64 --logit -700",
    "--only from_logits,log_of_sigmoid,bce_loss_certain --target 0 --logit 9.5",
    "--only from_logits,log_of_sigmoid --target 0 --logit 40 --dtype float64",
    "--logit 0 --target 1",
    "--only from_logits,log_of_sigmoid --logit -1e-30",
    "--only bce_loss --logit -79.74037602216261",  # no number of float32: its neighbour has another e^z
]


@pytest.mark.parametrize("typed", SETTINGS)
def test_all_verdicts_hold_for_other_mistakes_and_formats(typed, failures):
    assert failures(typed) == set()


def test_an_edge_of_another_format_fails(script, failures, monkeypatch):
    right = script.rounded_losses.edge
    monkeypatch.setattr(script.rounded_losses, "edge", lambda program, y, dtype: right(program, y, "float64"))
    assert failures("") == {"log_of_sigmoid.edge", "bce_loss_certain.edge"}


def test_a_loss_without_its_clamp_fails(script, failures, monkeypatch):
    right = script.rounded_losses.slope
    monkeypatch.setattr(script.rounded_losses, "slope", lambda _, *form: right("bce_with_logits", *form))
    assert failures("") == {
        "log_of_sigmoid.slope",
        "bce_loss.slope",
        "bce_loss_certain.slope",
    }


def test_not_a_number_is_claimed_where_it_is_one_alone(measured):
    nan = {key for key in measured("") if key.endswith(".nan")}
    assert nan == {"log_of_sigmoid.nan"}


def test_a_program_that_is_mended_fails_the_prediction_of_its_fault(script, failures, monkeypatch):
    monkeypatch.setitem(script.PROGRAMS, "log_of_sigmoid", script.PROGRAMS["bce_with_logits"])
    assert failures("--only log_of_sigmoid") == {"log_of_sigmoid.nan", "log_of_sigmoid.edge"}


def test_logits_that_go_through_p_fail(script, failures, monkeypatch):
    through_p = script.PROGRAMS["bce_of_sigmoid"]
    monkeypatch.setitem(script.PROGRAMS, "bce_with_logits", lambda z, y: through_p(z.double(), y.double()))
    assert "from_logits.slope" in failures("--only from_logits")


def test_a_loss_that_is_scaled_by_a_thousandth_fails(script, failures, monkeypatch):
    right = script.PROGRAMS["bce_of_sigmoid"]
    monkeypatch.setitem(script.PROGRAMS, "bce_of_sigmoid", lambda z, y: 1.001 * right(z, y))
    assert failures("--only bce_loss") == {"bce_loss.loss", "bce_loss.slope", "bce_loss.edge"}


def test_64_bits_move_the_edge_of_the_logarithm_and_hardly_that_of_bce_loss(measured):
    found = measured("--dtype float64 --only log_of_sigmoid")
    assert found["log_of_sigmoid.edge"] == pytest.approx(-math.log(torch.finfo(torch.float64).max), abs=1e-3)
    edges = [
        measured(f"--dtype {dtype} --only bce_loss")["bce_loss.edge"] for dtype in ("float32", "float64")
    ]
    assert edges[0] == pytest.approx(edges[1], abs=1e-5)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("--logit 5", ["z is 5.0 and y 1", "below 0"]),
        ("--logit -2000", ["logit is -2000.0", "±1000"]),
        ("--logit .nan", ["logit is nan", "finite"]),
        ("--only log_of_sigmoid --logit -88.722839", ["logit is -88.7228394 in log_of_sigmoid", "edge"]),
        ("--only bce_loss_certain --logit 16.6355323", ["logit is 16.6355", "edge"]),
        ("--target 2", ["target is", "0, 1"]),
        ("--dtype float16", ["dtype is 'float16'", "float32, float64"]),
        ("--only bce_loss_certain --dtype float64", ["target is 0 and dtype float64", "choose 1"]),
    ],
)
def test_what_is_no_mistake_is_refused(typed, words, refusal):
    said = refusal(typed)
    assert [word for word in words if word not in said] == []
