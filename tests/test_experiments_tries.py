"""What the lessons say to try: it can be typed as it stands, and what is said of it is what happens."""

import ast
import math
import re
import shlex

import pytest

from zoo import catalogue
from zoo.tour import conduct

# A line to try: options with their values, up to the remark in parentheses that follows.
LINE = re.compile(r"(?:--[a-z_.]+ (?:'[^']*'|[^\s()]+) ?)+")
ONE_EPOCH = "--trainer.max_epochs 1 --trainer.check_val_every_n_epoch 1 --repeats 1"
CHEAPER = {"activations": f"--only sigmoid,tanh {ONE_EPOCH}", "gradient_clipping": "--repeats 1"}


def lines(name):
    """What follows "Try" in the lesson of that name."""
    lesson = ast.get_docstring(ast.parse(catalogue.experiment(name).script.read_text()))
    try_ = " ".join(lesson.partition("\nTry ")[2].split())
    return [line.strip() for line in LINE.findall(try_)]


TRIES = [
    pytest.param(e.name, line, id=f"{e.name}-{k}")
    for e in catalogue.experiments()
    for k, line in enumerate(lines(e.name))
]


@pytest.fixture(scope="module")
def tried(tmp_path_factory):
    """What was measured in an experiment, by key; a line that is typed a second time is not run again."""
    found = {}

    def measured(name, line):
        if (name, line) not in found:
            arguments = ["--brief=true", f"--runs_dir={tmp_path_factory.mktemp('runs')}", *shlex.split(line)]
            verdicts = conduct(catalogue.experiment(name), arguments).verdicts
            assert [str(v) for v in verdicts if not v.holds] == []
            found[name, line] = {v.prediction.key: v.measured for v in verdicts}
        return found[name, line]

    return measured


@pytest.mark.parametrize("experiment", catalogue.experiments(), ids=lambda e: e.name)
def test_a_lesson_says_what_to_try(experiment):
    assert lines(experiment.name)


@pytest.mark.parametrize(("name", "line"), TRIES)
def test_what_a_lesson_says_to_try_can_be_typed_and_its_verdicts_hold(name, line, tried):
    assert tried(name, f"{line} {CHEAPER.get(name, '')}".strip())


def test_half_the_best_rate_has_half_the_speed(tried):
    half, _ = lines("linear_regression")
    factors = [tried("linear_regression", line)["best_rate.flattest"] for line in (half, "--only best_rate")]
    assert math.log(factors[0]) / math.log(factors[1]) == pytest.approx(0.5, abs=0.03)


def test_with_xavier_three_quarters_of_the_decay_are_left_and_with_tanh_less_than_a_third(tried):
    typed = ["--only sigmoid_20 --trainer.max_steps 1", *lines("vanishing_gradients")]
    default, xavier, tanh = (tried("vanishing_gradients", line)["sigmoid_20.signal"] for line in typed)
    assert xavier / default == pytest.approx(0.75, abs=0.05)
    assert tanh / default < 1 / 3


def test_the_root_of_the_distance_halves_the_steps_and_averaging_is_slower_than_no_momentum(tried):
    usual = tried("saddle_escape", "--only heavy_ball,gradient_descent")
    nearer, averaged = (tried("saddle_escape", line)["heavy_ball.steps"] for line in lines("saddle_escape"))
    assert nearer / usual["heavy_ball.steps"] == pytest.approx(0.5, abs=0.05)
    assert averaged > usual["gradient_descent.steps"]
