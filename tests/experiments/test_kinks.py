import pytest
import torch

SETTINGS = [
    "--point 0.5",
    "--point -2",
    "--seed_everything 1 --only root,safe_root,elu --point 0.1",
    "--only relu,maximum,where,leaky_relu,abs,elu,identity --point -0.1",
]


@pytest.mark.parametrize("typed", SETTINGS)
def test_away_from_the_kink_all_programs_are_right(typed, failures):
    assert failures(typed) == set()


def test_a_spelling_of_another_function_fails(script, failures, monkeypatch):
    monkeypatch.setitem(script.PROGRAMS, "relu", lambda x: torch.relu(x) + 1e-4 * x)
    assert failures("--only relu") == {"relu.left", "relu.right", "relu.answer"}


def test_one_spelling_in_the_place_of_another_fails(script, failures, monkeypatch):
    monkeypatch.setitem(script.PROGRAMS, "maximum", torch.relu)
    assert failures("--only maximum") == {"maximum.answer"}


def test_a_program_that_is_mended_fails_the_prediction_of_its_fault(script, failures, monkeypatch):
    monkeypatch.setitem(script.PROGRAMS, "root", script.PROGRAMS["safe_root"])
    monkeypatch.setitem(script.PROGRAMS, "identity", lambda x: 1 * x)
    assert failures("--only root,identity") == {"root.nan", "identity.answer"}


def test_an_answer_that_is_no_subgradient_fails(script, failures, monkeypatch):
    right = script.by_autograd
    monkeypatch.setattr(script, "by_autograd", lambda s: right(s) + 1.5)
    assert failures("--only relu") == {"relu.answer", "relu.outside"}


def test_slopes_of_the_wrong_side_fail(script, failures, monkeypatch):
    right = script.slopes
    monkeypatch.setattr(script, "slopes", lambda s: right(s)[::-1])
    assert failures("--only relu,elu") == {"relu.left", "relu.right", "elu.left", "elu.right"}


def test_leaky_relu_has_a_hundredth_on_both_sides_of_a_negative_point(measured):
    found = measured("--only leaky_relu --point -2")
    assert found["leaky_relu.left"] == pytest.approx(0.01)
    assert found["leaky_relu.right"] == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("--point 0.001", ["point is 0.001", "0.1 to 10"]),
        ("--point 1e9", ["point is 1000000000.0", "0.1 to 10"]),
        ("--program sign", ["program is 'sign'", "relu, maximum"]),
    ],
)
def test_what_is_too_near_or_too_far_is_refused(typed, words, refusal):
    said = refusal(typed)
    assert [word for word in words if word not in said] == []
