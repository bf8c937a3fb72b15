import dataclasses
import math

import pytest

from zoo.verdict import Prediction, Verdict, judge, shown

INF, NAN = math.inf, math.nan


def prediction(value, relation="=", atol=0.0, rtol=0.0):
    because = "for the test" if atol or rtol else ""
    return Prediction("run.key", "claim", value, "elementary", relation, atol, rtol, because)


# predicted, relation, measured. Numbers are exact in binary, so that borders are where they are written.
HOLD = [
    (2.0, "=", 2.0),
    (2, "=", 2),
    (2, "=", 2.0),
    (0.0, "=", -0.0),
    (INF, "=", INF),
    (-INF, "=", -INF),
    (2.0, "≤", 1.75),
    (2.0, "≤", 2.0),
    (2.0, "≤", -INF),
    (INF, "≤", INF),
    (2.0, "≥", 2.25),
    (2.0, "≥", 2.0),
    (2.0, "≥", INF),
    ("adam", "=", "adam"),
]
FAIL = [
    (2.0, "=", math.nextafter(2.0, 3.0)),
    (2, "=", 3),
    (INF, "=", -INF),
    (INF, "=", 1e308),
    (2.0, "=", INF),
    (2.0, "≤", math.nextafter(2.0, 3.0)),
    (2.0, "≤", INF),
    (2.0, "≥", math.nextafter(2.0, 1.0)),
    (2.0, "≥", -INF),
    ("adam", "=", "sgd"),
    ("adam", "=", 1.0),
    (1, "=", "1"),
]


@pytest.mark.parametrize(("value", "relation", "measured"), HOLD)
def test_what_was_predicted_holds(value, relation, measured):
    assert Verdict(prediction(value, relation), measured).holds


@pytest.mark.parametrize(("value", "relation", "measured"), FAIL)
def test_anything_else_fails(value, relation, measured):
    assert not Verdict(prediction(value, relation), measured).holds


@pytest.mark.parametrize("relation", ["=", "≤", "≥"])
@pytest.mark.parametrize(("value", "atol"), [(0.0, 0.0), (1, 0.0), (1.0, 1e300), (INF, 0.0), (-INF, 0.0)])
def test_nan_never_holds(value, relation, atol):
    assert not Verdict(prediction(value, relation, atol), NAN).holds


def test_nan_is_not_the_name_that_was_predicted():
    assert not Verdict(prediction("nan"), NAN).holds


@pytest.mark.parametrize(
    ("relation", "inside", "outside"),
    [
        ("=", [7.5, 8.0, 8.5], [math.nextafter(7.5, 0), math.nextafter(8.5, 9)]),
        ("≤", [-100.0, 8.0, 8.5], [math.nextafter(8.5, 9), 100.0]),
        ("≥", [100.0, 8.0, 7.5], [math.nextafter(7.5, 0), -100.0]),
    ],
)
@pytest.mark.parametrize(("atol", "rtol"), [(0.5, 0.0), (0.0, 0.0625), (0.25, 0.03125)])
def test_the_tolerance_ends_exactly_at_atol_and_rtol_times_the_value(relation, inside, outside, atol, rtol):
    claim = prediction(8.0, relation, atol, rtol)
    assert claim.tolerance == 0.5
    assert all(Verdict(claim, measured).holds for measured in inside)
    assert not any(Verdict(claim, measured).holds for measured in outside)


def test_a_relative_tolerance_is_taken_of_the_size_of_the_value():
    assert prediction(-8.0, rtol=0.0625).tolerance == 0.5
    assert Verdict(prediction(-8.0, rtol=0.0625), -8.5).holds


@pytest.mark.parametrize("tolerance", [{"atol": 0.1}, {"rtol": 0.1}])
def test_a_tolerance_without_a_reason_is_refused(tolerance):
    with pytest.raises(ValueError, match=r"^prediction 'run\.key' has a tolerance and no reason for it$"):
        Prediction("run.key", "claim", 1.0, "elementary", **tolerance)


@pytest.mark.parametrize("other", [{"relation": "≤"}, {"atol": 0.1}, {"rtol": 0.1}])
def test_a_name_is_equal_or_not_and_knows_no_more_and_no_less(other):
    with pytest.raises(ValueError, match=r"'run\.key' is a name"):
        Prediction("run.key", "claim", "adam", "elementary", because="for the test", **other)


def test_nan_cannot_be_predicted():
    with pytest.raises(ValueError, match=r"'run\.key' is not a number"):
        prediction(NAN)


@pytest.mark.parametrize("tolerance", [{"atol": -0.1}, {"atol": NAN}, {"rtol": INF}, {"rtol": -1.0}])
def test_a_tolerance_is_a_finite_number_and_not_negative(tolerance):
    with pytest.raises(ValueError, match=r"'run\.key'.* tolerance"):
        prediction(1.0, **tolerance)


def test_infinity_is_never_within_a_relative_tolerance_of_a_number():
    with pytest.raises(ValueError, match=r"'run\.key'.* tolerance"):
        prediction(INF, rtol=0.1)


def test_a_prediction_cannot_be_changed_after_it_was_made():
    with pytest.raises(dataclasses.FrozenInstanceError):
        prediction(1.0).value = 2.0


@pytest.mark.parametrize(
    ("claim", "measured", "line"),
    [
        (prediction(1.5, atol=0.25), 1.625, "HOLDS: run: claim: predicted 1.5, measured 1.625 (± 0.25)"),
        (prediction(1.5, "≤"), 1.75, "FAILS: run: claim: predicted ≤ 1.5, measured 1.75"),
        (prediction(149), 149, "HOLDS: run: claim: predicted 149, measured 149"),
        (prediction("adam"), "sgd", "FAILS: run: claim: predicted adam, measured sgd"),
        (prediction(2.0), NAN, "FAILS: run: claim: predicted 2, measured nan"),
        (prediction(2.0, atol=1.0), INF, "FAILS: run: claim: predicted 2, measured inf (± 1)"),
    ],
)
def test_a_verdict_is_one_line(claim, measured, line):
    assert str(Verdict(claim, measured)) == line


@pytest.mark.parametrize(
    ("quantity", "tolerance", "text"),
    [
        (1.23456789, 0.0, "1.23457"),
        (1.23456789, 0.3, "1.235"),  # a hundredth of 0.3, and no finer
        (1234.5678, 30.0, "1234.6"),
        (-1e-9, 0.1, "-1e-09"),  # all digits are below: one is left
        (-1e-16, 0.1, "0"),  # rounding of 0
        (1e-40, 1e-42, "1e-40"),
        (123456789, 0.0, "123456789"),
        (NAN, 0.1, "nan"),
        (-INF, 0.1, "-inf"),
        ("adam", 0.0, "adam"),
    ],
)
def test_digits_that_mean_nothing_are_not_shown(quantity, tolerance, text):
    assert shown(quantity, tolerance) == text


def test_the_part_before_the_dot_of_the_key_is_the_variant():
    assert Prediction("sigmoid_10.signal.first", "claim", 1.0, "elementary").variant == "sigmoid_10"


def test_a_verdict_as_a_dictionary_says_all_of_it():
    verdict = Verdict(prediction(8.0, "≥", rtol=0.0625), 7.75)
    assert verdict.to_dict() == {
        "key": "run.key",
        "claim": "claim",
        "relation": "≥",
        "predicted": 8.0,
        "measured": 7.75,
        "tolerance": 0.5,
        "because": "for the test",
        "source": "elementary",
        "holds": True,
    }


def keyed(*keys):
    return [Prediction(key, "claim", 1.0, "elementary") for key in keys]


def test_judge_pairs_by_key_in_the_order_of_the_predictions():
    verdicts = judge(keyed("a", "b"), {"b": 2.0, "a": 1.0})
    assert [(v.prediction.key, v.measured, v.holds) for v in verdicts] == [
        ("a", 1.0, True),
        ("b", 2.0, False),
    ]


@pytest.mark.parametrize(
    ("predicted", "measured", "complaint"),
    [
        (["b", "a", "c", "a", "b"], {"a": 1.0, "b": 1.0, "c": 1.0}, "^predicted twice: a, b$"),
        (["a", "b", "c"], {"a": 1.0}, "^predicted but not measured: b, c$"),
    ],
)
def test_judge_refuses_what_is_predicted_twice_or_never_measured(predicted, measured, complaint):
    with pytest.raises(ValueError, match=complaint):
        judge(keyed(*predicted), measured)


def test_judge_leaves_out_what_nobody_predicted():
    assert [v.prediction.key for v in judge(keyed("a"), {"b": 2.0, "a": 1.0})] == ["a"]


def test_a_measurement_that_fails_is_shown_with_all_its_digits():
    far = Verdict(Prediction("a.b", "x", 1.6e20, "elementary", rtol=1e-9, because="rounding"), 45.263)
    assert far.shown == "45.263"
