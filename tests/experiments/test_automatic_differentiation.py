import dataclasses

import pytest
import torch

SETTINGS = [
    "--only exp,exp_float32 --function sin --point 0.8",
    "--only exp,exp_float32 --function sigmoid --point 2.5",
    "--only exp,exp_float32 --function cubed_bowl --point -0.7",
    "--only exp,exp_float32 --point -3.3",
    "--seed_everything 1 --only cost --inputs 1",
    "--seed_everything 2 --only cost --inputs 7",
    "--only sines,product --length 10",
    "--only sines --program product --length 2",
    "--only sines --program logistic --length 5",
]
CENTRAL = {"exp.central_error", "exp.central_power", "exp_float32.central_error"}
V = {"exp.forward_error", "exp.central_error"}
POWERS = {"exp.forward_power", "exp.central_power", "exp.forward_rounding"}


@pytest.mark.parametrize("typed", SETTINGS)
def test_all_verdicts_hold_for_other_functions_points_sizes_and_seeds(typed, failures):
    assert failures(typed) == set()


def test_roundings_of_the_other_precision_fail(script, failures, monkeypatch):
    monkeypatch.setitem(script.differences.UNIT_ROUNDOFF, "float64", 2.0**-24)
    assert failures("--only exp") == V | {"exp.forward_rounding"}


def test_a_central_difference_that_is_taken_for_one_sided_fails(script, failures, monkeypatch):
    right = script.differences.error_law
    monkeypatch.setattr(script.differences, "error_law", lambda kind, *rest: right("forward", *rest))
    assert failures("--only exp,exp_float32") == CENTRAL


def test_one_sided_differences_in_place_of_central_ones_fail(script, failures, monkeypatch):
    monkeypatch.setitem(script.WAYS, "central difference", script.forward_difference)
    assert failures("--only exp,exp_float32") == CENTRAL


def test_a_curve_that_bends_ten_thousand_times_as_much_in_the_law_fails(script, failures, monkeypatch):
    right = script.differences.error_law

    def law(*arguments):
        found = right(*arguments)
        return dataclasses.replace(found, truncation=1e4 * found.truncation)

    monkeypatch.setattr(script.differences, "error_law", law)
    assert failures("--only exp") == V | {"exp.forward_power", "exp.central_power"}


def test_a_program_that_is_off_by_a_trillionth_fails(script, failures, monkeypatch):
    monkeypatch.setitem(script.FORMULAS, "exp", lambda m, x: m.exp(x) * (1 + 1e-12))
    assert failures("--only exp,exp_float32") == {"exp.exact"}


def test_a_step_that_is_not_imaginary_enough_fails(script, failures, monkeypatch):
    monkeypatch.setitem(
        script.WAYS, "complex step", lambda f, x, _: f(torch.complex(x, x * 1e-4)).imag / 1e-4
    )
    assert failures("--only exp") == {"exp.exact"}


def test_differences_that_run_the_loss_at_the_same_point_again_and_again_fail(script, failures, monkeypatch):
    monkeypatch.setitem(script.WAYS, "forward difference", script.central_difference)
    assert failures("--only cost") == {"cost.forward_difference"}


def test_a_way_back_that_runs_the_loss_once_more_fails(script, failures, monkeypatch):
    right = script.reverse_mode
    monkeypatch.setattr(script, "reverse_mode", lambda f, x, h: right(lambda at: f(at) + 0 * f(x), x, h))
    assert failures("--only cost") == {"cost.reverse_mode"}


def test_slopes_that_are_off_by_a_billionth_fail(script, failures, monkeypatch):
    right = script.reverse_mode
    monkeypatch.setattr(script, "reverse_mode", lambda f, x, h: right(f, x, h) * (1 + 1e-9))
    assert failures("--only cost,programs") == {"cost.error"}


def test_formulas_that_grow_no_faster_than_graphs_fail(script, failures, monkeypatch):
    monkeypatch.setattr(script.counting, "symbolic_length", script.counting.graph_nodes)
    assert failures("--only sines,product") == {"sines.symbolic", "product.symbolic"}


def test_a_graph_without_its_inputs_fails(script, failures, monkeypatch):
    monkeypatch.setattr(script.counting, "graph_nodes", lambda program, n: n if program == "sines" else n - 1)
    assert failures("--only sines,product") == {"sines.graph", "product.graph"}


def test_a_branch_that_is_not_made_safe_fails(script, failures, monkeypatch):
    monkeypatch.setitem(script.KINKS, "safe_root", script.KINKS["root"])
    assert failures("--only programs") == {"programs.safe_root"}


def test_slopes_of_the_function_in_place_of_the_program_fail(script, failures, monkeypatch):
    monkeypatch.setitem(script.KINKS, "identity", [lambda x: x])
    monkeypatch.setitem(script.KINKS, "spellings", [torch.relu] * 3)
    assert failures("--only programs") == {"programs.identity", "programs.spellings"}


def test_at_best_half_of_the_digits_are_right_or_two_thirds(measured):
    found = measured("--only exp,exp_float32")
    for variant, digits in (("exp", 15.95), ("exp_float32", 7.22)):
        assert -found[f"{variant}.forward_error"] / digits == pytest.approx(1 / 2, abs=0.1)
        assert -found[f"{variant}.central_error"] / digits == pytest.approx(2 / 3, abs=0.1)


def test_another_v_has_the_same_law(measured):
    found = measured("--only exp --function sigmoid --point -2")
    assert set(found) == V | POWERS | {"exp.exact"}


def test_a_formula_of_1024_terms_is_a_graph_of_31_nodes(measured):
    found = measured("--only sines --program logistic --length 10")
    assert found == {"sines.symbolic": 1024, "sines.graph": 31}


def test_a_table_shows_all_six_ways(script):
    case = script.Case("exp", 0, script.Settings())
    ways, _, _, calls = (list(column.cells) for column in script.in_six_ways(case).columns)
    assert ways == list(script.WAYS)
    assert calls == ["1", "2", "2", "1", "1", "1"]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("--only exp --point 5", ["point is 5.0", "-4 to 4"]),
        ("--only exp --point .nan", ["point is nan", "finite"]),
        ("--only exp --function sin --point 0", ["point is 0", "sin", "choose another"]),
        ("--function cubed_bowl", ["point is 1", "cubed_bowl", "rounding", "choose another"]),
        ("--only exp_float32 --function sin --point 3.14", ["point is 3.14", "Taylor", "choose another"]),
        ("--function tan", ["function is 'tan'", "exp, sin, sigmoid, cubed_bowl"]),
        ("--precision float16", ["precision is 'float16'", "float64, float32"]),
        ("--inputs 0", ["inputs is 0", "1 to 200"]),
        ("--inputs 500", ["inputs is 500", "1 to 200"]),
        ("--length 1", ["length is 1", "2 to 10"]),
        ("--length 11", ["length is 11", "2 to 10"]),
        ("--question why", ["question is 'why'", "errors, cost, length, programs"]),
    ],
)
def test_what_cannot_be_asked_is_refused(typed, words, refusal):
    said = refusal(typed)
    assert [word for word in words if word not in said] == []
