"""Outside their conditions laws are not applied: each experiment answers in one sentence, with status 2."""

from types import SimpleNamespace

import pytest

from zoo import catalogue
from zoo.conditions import either, require_optimizer, require_plain_trainer
from zoo.errors import InputError
from zoo.tour import conduct

BALL = "--only heavy_ball"
# Experiment, what is typed, and the words that must be in the answer.
OUTSIDE = [
    ("linear_regression", "--trainer.accumulate_grad_batches 2", ["accumulate_grad_batches is 2", "with 1"]),
    ("linear_regression", "--trainer.fast_dev_run true", ["fast_dev_run is True", "False"]),
    ("linear_regression", "--trainer.gradient_clip_val 1.0", ["gradient_clip_val is 1.0", "None"]),
    ("linear_regression", "--trainer.precision 32-true", ["precision is '32-true'", "64-true"]),
    ("linear_regression", "--model.optimizer.momentum 0.5", ["momentum is 0.5", "SGD without it"]),
    ("linear_regression", "--model.optimizer.maximize true", ["maximize is True", "SGD without it"]),
    ("linear_regression", "--model.optimizer torch.optim.Adam", ["Adam", "SGD"]),
    ("linear_regression", "--model.optimizer.lr 0", ["rate is 0.0", "positive"]),
    ("linear_regression", "--model.network.bias false", ["bias=False", "a bias"]),
    ("linear_regression", "--model.network.out_features 2", ["out_features=2", "1 out_features"]),
    ("linear_regression", "--model.network.in_features 3", ["in_features=3", "10 in_features", "Diabetes"]),
    ("linear_regression", "--data zoo.data.Digits", ["Digits", "Diabetes"]),
    ("linear_regression", "--only just_over --trainer.max_steps 40000", ["leaves float64", "max_steps"]),
    (
        "linear_regression",
        "--only just_over --trainer.callbacks+ lightning.pytorch.callbacks.EarlyStopping "
        "--trainer.callbacks.monitor loss/train",
        ["callbacks is set", "None"],
    ),
    ("linear_regression", "--trainer.detect_anomaly true", ["detect_anomaly is True", "False"]),
    ("activations", "--trainer.val_check_interval 10", ["val_check_interval is 10", "None"]),
    (
        "vanishing_gradients",
        "--only sigmoid_10 --model.network.width 4",
        ["of 4 units", "4.0 are not"],
    ),
    (
        "vanishing_gradients",
        "--only sigmoid_20_exploding --data.batch_size 1",
        ["batch_size is 1", "logits", "choose 16"],
    ),
    (
        "saddle_escape",
        "--only gradient_descent --model.surface.start [1.0,1.0] --model.stop_radius 1.728 "
        "--model.optimizer.lr 0.2",
        ["stop_radius is 1.728", "rounding would decide"],
    ),
    ("saddle_escape", "--only noise --data.count 9000", ["step is 4500", "leaves float64"]),
    ("saddle_escape", '--variants {"lr_0.1":{}}', ["'lr_0.1'", "letters"]),
    ("saddle_escape", '--variants {"../x":{}}', ["'../x'", "letters"]),
    ("linear_regression", "--repeats 2", ["made twice", "repeats is 2"]),
    ("activations", "--model.network.out_features 5", ["out_features is 5", "need 10"]),
    ("activations", "--model.network.in_features 5", ["in_features is 5", "need 64"]),
    ("activations", "--model.network.depth 1", ["depth is 1", "from 2 on"]),
    ("activations", "--model.network torch.nn.Linear", ["Linear", "zoo.models.MLP"]),
    ("activations", "--data zoo.data.Diabetes", ["Diabetes", "zoo.data.Digits"]),
    ("activations", "--gradient_norms.signals false", ["signals is false"]),
    ("activations", "--only sigmoid --model.network.depth 56", ["sigmoid", "leave 1e-47", "32-true"]),
    ("activations", "--trainer.precision bf16-mixed", ["'bf16-mixed'", "64-true or 32-true"]),
    ("vanishing_gradients", "--only sigmoid_50 --model.network.depth 400", ["1e-339", "depth"]),
    ("vanishing_gradients", "--only sigmoid_30_float32 --model.network.depth 50", ["1e-42", "32-true"]),
    (
        "vanishing_gradients",
        "--only sigmoid_10 --model.optimizer.momentum 1.0",
        ["momentum is 1.0", "below 1"],
    ),
    ("vanishing_gradients", "--only sigmoid_20_exploding --model.network.weight_std 1e4", ["saturated"]),
    (
        "vanishing_gradients",
        "--only relu_20_he --model.network.activation silu",
        ["silu at σ_w = 1.41", "by chance"],
    ),
    (
        "gradient_clipping",
        "--only by_norm --trainer.gradient_clip_val 0",
        ["gradient_clip_val is 0", "above 0"],
    ),
    ("gradient_clipping", "--only by_norm --trainer.min_steps 99", ["min_steps is 99", "None"]),
    ("gradient_clipping", "--only by_norm --model.optimizer.momentum 1.0", ["momentum is 1.0", "below 1"]),
    ("saddle_escape", "--only heavy_ball --model.optimizer.momentum 1.0", ["momentum is 1.0", "below 1"]),
    ("saddle_escape", "--only adam --model.optimizer.amsgrad true", ["amsgrad is True", "Adam without it"]),
    ("saddle_escape", "--only heavy_ball --data.count 20", ["needs 52 steps", "given 20"]),
    (
        "saddle_escape",
        "--only heavy_ball --trainer.max_steps 1",
        ["needs 52 steps", "given 1", "data.count or trainer.max_steps"],
    ),
    ("saddle_escape", "--only noise --model.noise_std 1e-300", ["noise_std is 1e-300", "leaves float64"]),
    ("saddles_and_minima", "--only two --matrices 1", ["matrices is 1 of size 2", "choose 94 or more"]),
    (
        "saddle_escape",
        f"{BALL} --model.surface torch.nn.Linear --model.surface.in_features 3 "
        "--model.surface.out_features 3",
        ["Linear", "zoo.models.Quadratic"],
    ),
    ("saddle_escape", f"{BALL} --trainer.overfit_batches 5", ["overfit_batches is 5", "0.0"]),
    (
        "saddle_escape",
        f"{BALL} --model.surface.curvatures [1.0,1.0]",
        ["[1.0, 1.0]", "second negative"],
    ),
    ("saddle_escape", "--only heavy_ball --model.surface.start [1.0,2.0]", ["stop_radius", "within it"]),
    ("saddle_escape", "--only noise --model.surface.copies 5", ["copies of 100"]),
    ("saddle_escape", "--only noise --model.optimizer.momentum 0.9", ["momentum is 0.9", "SGD without it"]),
]


@pytest.mark.parametrize(("name", "typed", "words"), OUTSIDE, ids=lambda value: str(value)[:60])
def test_what_lies_outside_the_laws_is_refused_before_any_step(name, typed, words, tmp_path, capsys):
    with pytest.raises(SystemExit) as leaving:
        conduct(catalogue.experiment(name), ["--brief=true", f"--runs_dir={tmp_path}", *typed.split()])
    said = capsys.readouterr().err
    assert leaving.value.code == 2
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    assert [word for word in words if word not in said] == []
    assert list(tmp_path.rglob("version_*")) == []


# What else than its plain value each may be; all that Lightning and PyTorch have of that kind.
TRAINER = {
    "accumulate_grad_batches": 2,
    "callbacks": ["a callback"],
    "detect_anomaly": True,
    "fast_dev_run": True,
    "gradient_clip_val": 1.0,
    "max_time": "00:00:01:00",
    "min_epochs": 3,
    "min_steps": 3,
    "overfit_batches": 5,
    "plugins": ["a plugin"],
    "val_check_interval": 10,
}
SWITCHES = (
    "momentum",
    "dampening",
    "weight_decay",
    "nesterov",
    "maximize",
    "amsgrad",
    "decoupled_weight_decay",
)


@pytest.mark.parametrize("key", TRAINER)
def test_a_trainer_with_anything_else_is_not_plain(key):
    run = SimpleNamespace(variant="this", config=SimpleNamespace(trainer={key: TRAINER[key]}))
    require_plain_trainer(run, key)
    with pytest.raises(InputError, match=f"trainer.{key} is .* in this"):
        require_plain_trainer(run)


@pytest.mark.parametrize("switch", SWITCHES)
def test_a_switch_of_the_optimizer_that_is_on_is_refused(switch):
    run = SimpleNamespace(variant="this", optimizer={"name": "Adam", switch: True})
    require_optimizer(run, "Adam", known=(switch,))
    with pytest.raises(InputError, match=f"{switch} is True in this"):
        require_optimizer(run, "Adam")


@pytest.mark.parametrize(
    ("choices", "sentence"), [(("a",), "a"), (("a", "b"), "a or b"), (("a", "b", "c"), "a, b or c")]
)
def test_choices_are_read_as_a_sentence(choices, sentence):
    assert either(choices) == sentence
