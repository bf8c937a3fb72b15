import math

import pytest

from zoo.theory.criticality import critical_weight_std, fixed_point
from zoo.theory.initialization import Variances
from zoo.theory.mean_field import gradient_gain, next_variance

DEFAULT = Variances(1 / 3, 1 / (3 * 256))  # PyTorch's nn.Linear at width 256


@pytest.mark.parametrize(
    ("name", "variances", "q", "chi", "ratio"),
    [
        pytest.param("sigmoid", Variances(1, 0), 0.264687, 0.0557207, 0.236052, id="M01"),
        pytest.param("sigmoid", Variances(16, 0), 5.85540, 0.398879, 0.631569, id="M02"),
        pytest.param("tanh", Variances(0.81, 0), 0, 0.81, 0.9, id="M03"),
        pytest.param("tanh", Variances(2.25, 0), 0.793354, 1.139323, 1.067391, id="M04"),
        pytest.param("tanh", Variances(6.25, 0), 3.960961, 1.606975, 1.267665, id="M05"),
        pytest.param("tanh", Variances(25 / 9, 0), 1.178480, 1.209831, 1.099923, id="M06"),
        pytest.param("relu", Variances(1, 0), 0, 1 / 2, 0.707107, id="M07"),
        pytest.param("gelu", Variances(1, 0), 0, 0.25, 0.5, id="M08"),
        pytest.param("sigmoid", DEFAULT, 0.0863613, 0.0199958, 0.141407, id="M09"),
        pytest.param("tanh", DEFAULT, 0.00194935, 0.332043, 0.576231, id="M10"),
        pytest.param("relu", DEFAULT, 2 / (5 * 256), 1 / 6, 0.408248, id="M11"),
        pytest.param("gelu", DEFAULT, 0.00142080, 0.0836340, 0.289195, id="M12"),
    ],
)
def test_the_fixed_point_and_its_gain_are_those_of_the_truth(name, variances, q, chi, ratio):
    predicted = fixed_point(name, variances)
    gain = gradient_gain(name, predicted, variances.weight)
    # six digits printed: up to 5e-6 of the value
    assert predicted == pytest.approx(q, rel=5e-6)
    assert gain == pytest.approx(chi, rel=5e-6)
    assert math.sqrt(gain) == pytest.approx(ratio, rel=5e-6)


@pytest.mark.parametrize(("weight", "chi"), [pytest.param(w, w / 2, id=f"M07-{w}") for w in (1.0, 2.0, 4.0)])
def test_relu_gains_half_its_weight_variance_at_every_q(weight, chi):
    for q in (1e-9, 1.0, 1e9):
        assert gradient_gain("relu", q, weight) == pytest.approx(chi, rel=1e-12)  # rounding


@pytest.mark.parametrize(
    ("name", "variances"),
    [
        ("sigmoid", Variances(9.0, 0.0)),
        ("sigmoid", Variances(144.0, 0.1)),
        ("tanh", Variances(0.9, 0.05)),
        ("tanh", Variances(9.0, 0.0)),
        ("relu", Variances(1.5, 0.3)),
        ("leaky_relu", Variances(1.5, 0.3)),
        ("elu", Variances(1.5, 0.0)),
        ("gelu", Variances(1.2, 0.1)),
        ("silu", Variances(1.5, 0.1)),
        ("softplus", Variances(1.3, 0.0)),
    ],
)
def test_the_recursion_ends_at_the_fixed_point(name, variances):
    q = 1.0
    for _ in range(400):
        q = next_variance(name, q, variances)
    # a step leaves at most 0.96 of the error, that of softplus: 0.96⁴⁰⁰ = 1e-7
    assert q == pytest.approx(fixed_point(name, variances), rel=1e-6)


@pytest.mark.parametrize("weight_std", [0.5, 1.0])
@pytest.mark.parametrize("name", ["tanh", "elu"])
def test_a_signal_without_biases_dies_out_up_to_weight_std_one(name, weight_std):
    assert fixed_point(name, Variances(weight_std**2, 0.0)) == 0


def test_a_small_fixed_point_is_not_taken_for_none():
    # tanh² x = x² − 2x⁴/3 + …, so q = σ_w² (q − 2q² + …): q* = (σ_w² − 1)/2, to first order
    assert fixed_point("tanh", Variances(1 + 1e-5, 0.0)) == pytest.approx(5e-6, rel=1e-4)


@pytest.mark.parametrize(
    ("name", "variances"),
    [
        ("relu", Variances(2.0, 0.0)),  # He: every q is a fixed point
        ("relu", Variances(2.0, 0.1)),
        ("relu", Variances(4.0, 0.0)),
        ("leaky_relu", Variances(2 / (1 + 1e-4), 0.0)),
        ("gelu", Variances(3.0, 0.0)),
        ("elu", Variances(2.0, 0.0)),
        ("softplus", Variances(2.0, 0.0)),
    ],
)
def test_what_has_no_fixed_point_is_refused(name, variances):
    with pytest.raises(ValueError, match=rf"{name} .* no fixed point|{name} has no fixed point"):
        fixed_point(name, variances)


def test_published_critical_points_of_tanh_are_reproduced():
    for bias, weight in ((0.05, 1.760955), (2.01e-5, 1.049996)):  # Schoenholz 2017; Xiao et al. 2018
        q = fixed_point("tanh", Variances(weight, bias))
        assert gradient_gain("tanh", q, weight) == pytest.approx(1, abs=1e-6)  # weight has seven digits


def test_the_published_critical_point_of_gelu_is_reproduced():  # Roberts, Yaida & Hanin 2022
    critical, q = Variances(1.98305826, 0.17292239), 3.56155
    assert next_variance("gelu", q, critical) == pytest.approx(
        q, rel=1e-7
    )  # level there: q's digits do not matter
    assert gradient_gain("gelu", q, critical.weight) == pytest.approx(1, abs=1e-6)  # q has six digits
    nudge = 1e-3
    rise = next_variance("gelu", q + nudge, critical) - next_variance("gelu", q - nudge, critical)
    assert rise / (2 * nudge) == pytest.approx(1, abs=1e-6)  # dq'/dq, to nudge² and q's digits


@pytest.mark.parametrize(
    ("name", "weight_std"),
    [
        ("sigmoid", 10.14926),
        ("tanh", 1.0),
        ("elu", 1.0),
        ("relu", math.sqrt(2)),
        ("leaky_relu", math.sqrt(2 / (1 + 1e-4))),
    ],
)
def test_the_critical_weight_std_is_known(name, weight_std):
    assert critical_weight_std(name) == pytest.approx(weight_std, abs=5e-6)  # five decimals of sigmoid's


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "elu"])
def test_gradients_vanish_below_the_critical_weight_std_and_explode_above(name):
    critical = critical_weight_std(name)
    for weight_std, explodes in ((0.95 * critical, False), (1.05 * critical, True)):
        q = fixed_point(name, Variances(weight_std**2, 0.0))
        assert (gradient_gain(name, q, weight_std**2) > 1) is explodes


@pytest.mark.parametrize("name", ["gelu", "silu", "softplus"])
def test_what_has_no_critical_weight_std_is_refused(name):
    with pytest.raises(ValueError, match=f"{name}' has no critical weight_std"):
        critical_weight_std(name)


@pytest.mark.parametrize("name", ["gelu", "silu"])
def test_without_biases_gelu_and_silu_die_out_or_explode_by_their_start(name):
    variances = Variances(2.25, 0.0)  # σ_w between √2 and 2
    low, high = 0.01, 100.0
    for _ in range(30):
        low, high = next_variance(name, low, variances), next_variance(name, high, variances)
    assert low < 1e-6
    assert high > 1000


@pytest.mark.parametrize("function", [critical_weight_std, lambda name: fixed_point(name, DEFAULT)])
def test_an_unknown_activation_is_refused(function):
    with pytest.raises(ValueError, match="'swish'"):
        function("swish")
