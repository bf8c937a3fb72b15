import pytest
from torch import nn

from zoo.diagnostics import layers, parameter_groups

MLP = nn.Sequential(nn.Sequential(nn.Linear(1, 1), nn.ReLU()), nn.Linear(1, 1, bias=False))
NAMES = {id(parameter): name for name, parameter in MLP.named_parameters()}


@pytest.mark.parametrize(
    ("group_by", "groups"),
    [
        ("layer", {"0.0": ["0.0.weight", "0.0.bias"], "1": ["1.weight"]}),
        ("parameter", {"0.0.weight": ["0.0.weight"], "0.0.bias": ["0.0.bias"], "1.weight": ["1.weight"]}),
        (1, {"0": ["0.0.weight", "0.0.bias"], "1": ["1.weight"]}),
        (9, {"0.0.weight": ["0.0.weight"], "0.0.bias": ["0.0.bias"], "1.weight": ["1.weight"]}),
        (r"weight|bias", {"weight": ["0.0.weight", "1.weight"], "bias": ["0.0.bias"]}),
        (r"(\d)\.weight", {"0": ["0.0.weight"], "1": ["1.weight"]}),
    ],
)
def test_parameters_are_grouped_by_layer_by_name_or_by_expression(group_by, groups):
    found = parameter_groups(MLP, group_by)
    assert {group: [NAMES[id(p)] for p in own] for group, own in found.items()} == groups


def test_a_layer_is_a_module_with_parameters_of_its_own_and_the_root_has_its_class_name():
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale, self.inner = nn.Parameter(nn.Linear(1, 1).weight), MLP

    assert [name for name, _ in layers(Scaled())] == ["Scaled", "inner.0.0", "inner.1"]
    assert list(parameter_groups(Scaled())) == ["Scaled", "inner.0.0", "inner.1"]


def test_a_shared_parameter_is_in_the_first_group_alone():
    first, second = nn.Linear(2, 2), nn.Linear(2, 2)
    second.weight = first.weight
    groups = parameter_groups(nn.Sequential(first, second))
    assert [len(own) for own in groups.values()] == [2, 1]


@pytest.mark.parametrize(
    ("group_by", "sentence"), [(0, "group_by is 0; of"), ("(", r"group_by is '\('; it must")]
)
def test_what_cannot_group_is_refused_with_a_sentence(group_by, sentence):
    with pytest.raises(ValueError, match=f"^{sentence}"):
        parameter_groups(MLP, group_by)
