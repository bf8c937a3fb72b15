import pytest
import torch
from torch import nn

from zoo.theory.initialization import Variances, mlp_variances, variances

FAN_IN, FAN_OUT = 300, 500
DRAWS = {  # how PyTorch draws each scheme
    "default": lambda layer: layer.reset_parameters(),
    "xavier": lambda layer: nn.init.xavier_uniform_(layer.weight),
    "he": lambda layer: nn.init.kaiming_normal_(layer.weight),
    "normal": lambda layer: nn.init.normal_(layer.weight, std=1.5 / FAN_IN**0.5),
}


@pytest.mark.parametrize(
    ("scheme", "weight_variance"),
    [
        pytest.param("xavier", 0.0025, id="I01-xavier"),
        pytest.param("he", 0.0066667, id="I01-he"),
        pytest.param("default", 0.00111111, id="I01-default"),
        pytest.param("normal", 2.25 / 300, id="normal"),
    ],
)
def test_a_weight_has_the_variance_of_its_scheme(scheme, weight_variance):
    predicted = variances(scheme, FAN_IN, FAN_OUT, weight_std=1.5)
    assert predicted.weight / FAN_IN == pytest.approx(weight_variance, rel=1e-5)  # the digits of I01


@pytest.mark.parametrize("scheme", DRAWS)
def test_pytorch_draws_what_is_predicted(scheme):
    torch.manual_seed(0)
    layer = nn.Linear(FAN_IN, FAN_OUT)
    DRAWS[scheme](layer)
    predicted = variances(scheme, FAN_IN, FAN_OUT, weight_std=1.5)
    # 150 000 Gaussians know their variance to √(2/150 000) = 0.4 %; 0.02 is 5 of these
    assert FAN_IN * layer.weight.var().item() == pytest.approx(predicted.weight, rel=0.02)


def test_the_bias_of_pytorch_is_as_wide_as_its_weights_and_the_others_have_none():
    torch.manual_seed(0)
    drawn = torch.cat([nn.Linear(30, 500).bias.detach() for _ in range(100)])
    # 50 000 uniform numbers know their variance to √(0.8/50 000) = 0.4 %; 0.02 is 5 of these
    assert drawn.var().item() == pytest.approx(variances("default", 30, 500).bias, rel=0.02)
    assert variances("default", 30, 500).bias == 1 / 90
    assert [variances(scheme, 30, 500).bias for scheme in ("xavier", "he", "normal")] == [0, 0, 0]


def test_an_mlp_has_a_layer_more_than_its_depth():
    layers = mlp_variances("xavier", in_features=32, width=128, depth=3, out_features=10)
    weights = [layer.weight for layer in layers]
    assert weights == [2 * 32 / 160, 1, 1, 2 * 128 / 138]


def test_an_mlp_without_biases_has_no_bias_variance():
    with_bias = mlp_variances("default", 32, 128, 2, 10)
    without = mlp_variances("default", 32, 128, 2, 10, bias=False)
    assert with_bias == tuple(Variances(1 / 3, 1 / (3 * fan_in)) for fan_in in (32, 128, 128))
    assert without == (Variances(1 / 3, 0.0),) * 3


def test_weight_std_reaches_every_layer_of_an_mlp():
    assert mlp_variances("normal", 32, 128, 2, 10, weight_std=3.0) == (Variances(9.0, 0.0),) * 3


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: variances("glorot", 2, 2), "scheme is 'glorot'; choose from default, xavier, he, normal"),
        (lambda: variances("he", 0, 2), "fan_in is 0"),
        (lambda: variances("he", 2, 0), "fan_out is 0"),
        (lambda: variances("normal", 2, 2, weight_std=-1.0), "weight_std is -1.0"),
        (lambda: mlp_variances("he", 0, 2, 2, 2), "in_features is 0"),
        (lambda: mlp_variances("he", 2, 0, 2, 2), "width is 0"),
        (lambda: mlp_variances("he", 2, 2, 0, 2), "depth is 0"),
        (lambda: mlp_variances("he", 2, 2, 2, 0), "out_features is 0"),
    ],
)
def test_senseless_input_is_refused(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
