import dataclasses
import math

import pytest
import torch

from zoo.differentiation import WAYS, forward_difference

SETTINGS = [
    "--only exp,exp_float32 --function sin --point 0.8",
    "--only exp,exp_float32 --function sigmoid --point 2.5",
    "--only exp,exp_float32 --function cubed_bowl --point -0.7",
    "--only exp,exp_float32 --point -3.3",
]
CENTRAL = {"exp.central_error", "exp.central_power", "exp_float32.central_error"}
V = {"exp.forward_error", "exp.central_error"}
POWERS = {"exp.forward_power", "exp.central_power", "exp.forward_rounding"}
LINES = {f"lines.{key}" for key in ("dx", "dy", "digits_x", "digits_y")}


@pytest.mark.parametrize("typed", SETTINGS)
def test_all_verdicts_hold_for_other_functions_and_points(typed, failures):
    assert failures(typed) == set()


def test_roundings_of_the_other_precision_fail(script, failures, monkeypatch):
    monkeypatch.setitem(script.differences.UNIT_ROUNDOFF, "float64", 2.0**-24)
    assert failures("--only exp") == V | {"exp.forward_rounding"}


def test_a_central_difference_that_is_taken_for_one_sided_fails(script, failures, monkeypatch):
    right = script.differences.error_law
    monkeypatch.setattr(script.differences, "error_law", lambda kind, *rest: right("forward", *rest))
    assert failures("--only exp,exp_float32") == CENTRAL


def test_one_sided_differences_in_place_of_central_ones_fail(script, failures, monkeypatch):
    monkeypatch.setitem(WAYS, "central difference", forward_difference)
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
    monkeypatch.setitem(WAYS, "complex step", lambda f, x, _: f(torch.complex(x, x * 1e-4)).imag / 1e-4)
    assert failures("--only exp") == {"exp.exact"}


def test_at_best_half_of_the_digits_are_right_or_two_thirds(measured):
    found = measured("--only exp,exp_float32")
    for variant, digits in (("exp", 15.95), ("exp_float32", 7.22)):
        assert -found[f"{variant}.forward_error"] / digits == pytest.approx(1 / 2, abs=0.1)
        assert -found[f"{variant}.central_error"] / digits == pytest.approx(2 / 3, abs=0.1)


def test_another_v_has_the_same_law(measured):
    found = measured("--only exp --function sin --point 0.8")
    assert set(found) == V | POWERS | LINES | {"exp.exact"}


def test_in_float32_errors_grow_23_000_and_660_000_fold(script, measured):
    found = measured("--only exp --precision float32")
    assert set(found) == V | LINES | {"exp.exact"}
    double, single = (script.Settings(precision=precision).laws for precision in ("float64", "float32"))
    growth = [single[kind].best_error / double[kind].best_error for kind in ("forward", "central")]
    assert growth == pytest.approx([23_000, 660_000], rel=0.01)


def test_what_does_not_depend_on_the_function_is_claimed_once_a_precision(measured):
    found = measured("")
    assert len(found) == 15
    assert {key for key in found if key.startswith("sigmoid")} == {
        "sigmoid.forward_error",
        "sigmoid.central_error",
    }
    assert POWERS | {"exp.exact", "exp_float32.exact"} <= set(found)
    assert "sigmoid.exact" in measured("--only sigmoid,exp_float32")


def test_a_table_shows_all_six_ways(script):
    case = script.Case("exp", 0, script.Settings())
    ways, _, _, calls = (list(column.cells) for column in script.in_six_ways(case).columns)
    assert ways == list(WAYS)
    assert calls == ["1", "2", "2", "1", "1", "1"]


def test_another_step_by_a_last_digit_has_not_the_printed_digits(script, failures, monkeypatch):
    monkeypatch.setattr(script, "H", math.nextafter(script.H, 1))
    assert failures("--only exp_float32") == {"lines.digits_x", "lines.digits_y"}


def test_an_error_of_one_function_at_its_own_best_h_fails(script, failures, monkeypatch):
    monkeypatch.setitem(script.FORMULAS, "sigmoid", lambda m, x: 1 / (1 + m.exp(-x)) + 1e-7 * x)
    assert failures("--only exp,sigmoid") == {"sigmoid.forward_error", "sigmoid.central_error"}


def test_a_variant_may_be_called_lines(measured, tmp_path):
    config = tmp_path / "own.yaml"
    config.write_text("variants: {lines: {precision: float32}}")
    found = measured(f"--config {config} --only lines")
    assert set(found) == LINES | {f"lines.{key}" for key in ("exact", "forward_error", "central_error")}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("--only exp --point 5", ["point is 5.0", "-4 to 4"]),
        ("--only exp --point .nan", ["point is nan", "finite"]),
        ("--only exp --function sin --point 0", ["point is 0", "sin", "choose another"]),
        ("--only exp --function cubed_bowl", ["point is 1", "cubed_bowl", "rounding", "choose another"]),
        ("--only exp_float32 --function sin --point 3.14", ["point is 3.14", "Taylor", "choose another"]),
        ("--function tan", ["function is 'tan'", "exp, sin, sigmoid, cubed_bowl"]),
        ("--precision float16", ["precision is 'float16'", "float64, float32"]),
        ("--inputs 3", ["no option 'inputs'"]),
    ],
)
def test_what_cannot_be_asked_is_refused(typed, words, refusal):
    said = refusal(typed)
    assert [word for word in words if word not in said] == []
