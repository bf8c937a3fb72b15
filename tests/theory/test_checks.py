import math

import pytest

from zoo.theory.checks import (
    require_at_least,
    require_below_one,
    require_finite,
    require_not_negative,
    require_positive,
)

REFUSED = [
    (require_positive, [0.0, -1.0, math.inf, math.nan]),
    (require_not_negative, [-1e-300, math.inf, math.nan]),
    (require_finite, [math.inf, -math.inf, math.nan]),
    (require_below_one, [1.0, -0.1, math.nan]),
    (lambda **values: require_at_least(2, **values), [1, 0, -3]),
]
ACCEPTED = [
    (require_positive, [1e-300, 1e300]),
    (require_not_negative, [0.0, 1e300]),
    (require_finite, [0.0, -1e300]),
    (require_below_one, [0.0, 0.999]),
    (lambda **values: require_at_least(2, **values), [2, 3]),
]


@pytest.mark.parametrize(("require", "value"), [(f, value) for f, values in REFUSED for value in values])
def test_a_refusal_names_the_argument_and_the_value(require, value):
    with pytest.raises(ValueError, match=rf"^rate is {value}; it must be .+$"):
        require(rate=value)


@pytest.mark.parametrize(("require", "value"), [(f, value) for f, values in ACCEPTED for value in values])
def test_sense_passes_in_silence(require, value):
    require(rate=value)


def test_every_argument_is_looked_at():
    with pytest.raises(ValueError, match="momentum is 0"):
        require_positive(rate=0.1, momentum=0)
