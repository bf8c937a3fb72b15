import pytest
import torch

SETTINGS = [
    "--weight -1",
    "--weight 0.3",
    "--weight 100",
    "--weight -0.01",
    "--seed_everything 1 --only identity,root,safe_root --weight -7",
    "--seed_everything 2 --only relu --program elu --weight 12.5",
]
VALUES = {"relu.left", "relu.right"}


@pytest.mark.parametrize("typed", SETTINGS)
def test_a_weight_before_the_kink_multiplies_slopes_and_answers_alike(typed, failures):
    assert failures(typed) == set()


def test_there_are_fifteen_verdicts_and_programs_of_many_steps_are_not_judged_together(measured):
    assert len(measured("")) == 15
    assert set(measured("--only root,safe_root")) == {"root.nan", "safe_root.answer"}
    assert set(measured("--only identity")) == {"identity.left", "identity.right", "identity.answer"}


def test_a_spelling_of_another_function_fails(script, failures, monkeypatch):
    monkeypatch.setitem(script.PROGRAMS, "relu", ("relu(x)", lambda x: torch.relu(x) + 1e-4 * x))
    assert failures("--only relu") == VALUES | {"relu.answer"}


def test_one_spelling_in_the_place_of_another_fails(script, failures, monkeypatch):
    monkeypatch.setitem(script.PROGRAMS, "maximum", script.PROGRAMS["relu"])
    assert failures("--only maximum") == {"maximum.answer"}


def test_an_elu_of_another_alpha_fails(script, failures, monkeypatch):
    monkeypatch.setitem(script.PROGRAMS, "elu", ("elu(x)", torch.nn.functional.elu))
    assert failures("--only elu") == {"elu.answer"}


def test_a_program_that_is_mended_fails_the_prediction_of_its_fault(script, failures, monkeypatch):
    monkeypatch.setitem(script.PROGRAMS, "root", script.PROGRAMS["safe_root"])
    monkeypatch.setitem(script.PROGRAMS, "identity", ("x", lambda x: 1 * x))
    assert failures("--only root,identity") == {"root.nan", "identity.answer"}


def test_a_mend_of_the_slope_alone_fails(script, failures, monkeypatch):
    monkeypatch.setitem(script.PROGRAMS, "safe_root", script.PROGRAMS["root"])
    assert failures("--only safe_root") == {"safe_root.answer"}


def test_a_step_whose_answer_is_no_subgradient_fails(script, failures, monkeypatch):
    right = script.by_autograd
    monkeypatch.setattr(script, "by_autograd", lambda s, u: right(s, u) + (1.5 if u == 0 else 0))
    assert failures("--only relu,abs") == {"relu.answer", "abs.answer", "together.outside"}


def test_a_step_that_is_wrong_beside_its_kink_fails(script, failures, monkeypatch):
    right = script.by_autograd
    monkeypatch.setattr(script, "by_autograd", lambda s, u: right(s, u) + (1e-5 if u > 0 else 0))
    assert failures("--only relu,elu,root") == {"together.beside"}


def test_slopes_of_the_wrong_side_fail(script, failures, monkeypatch):
    monkeypatch.setitem(script.SIDES, "relu", (1.0, 0.0))
    assert failures("--only relu") == VALUES


def test_before_a_weight_of_minus_2_three_spellings_answer_0_and_minus_1_and_minus_2(measured):
    found = measured("--only relu,maximum,where --weight -2")
    assert [found[f"{name}.answer"] for name in ("relu", "maximum", "where")] == [0, -1, -2]
    assert [found["relu.left"], found["relu.right"]] == [-2, 0]


def test_the_mended_root_is_the_same_function(script, measured):
    x = torch.linspace(-2, 2, 41, dtype=torch.float64)
    root, mended = (script.Settings(name).f(x) for name in ("root", "safe_root"))
    assert torch.equal(root, mended)
    assert measured("--only root --program safe_root") == {"root.answer": 0}


def test_a_variant_may_be_called_together(measured, tmp_path):
    config = tmp_path / "own.yaml"
    config.write_text("variants: {together: {program: maximum}}")
    found = measured(f"--config {config} --only together")
    assert set(found) == {"together.answer", "together.outside", "together.beside"}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("--weight 0", ["weight is 0.0", "0.01 to 100", "-100 to -0.01"]),
        ("--weight 1e9", ["weight is 1000000000.0", "0.01 to 100"]),
        ("--weight .nan", ["weight is nan", "finite"]),
        ("--program sign", ["program is 'sign'", "relu, maximum"]),
        ("--point 1", ["no option 'point'"]),
    ],
)
def test_what_has_no_answer_is_refused(typed, words, refusal):
    said = refusal(typed)
    assert [word for word in words if word not in said] == []
