"""Bad input through a real ExperimentCLI: one line that names the value and the choices, and status 2."""

import pytest
import torch

from zoo.complaints import sentence

SMOOTH = ("sigmoid", "tanh", "relu", "leaky_relu", "elu", "gelu", "silu")
# What is typed, and the words that must be in the answer.
TYPED = {
    "typo-at-the-top": (["--tariner.max_steps=3"], ["'tariner.max_steps'", "'trainer.max_steps'"]),
    "typo-in-a-network": (["--model.network.dpeth=3"], ["'dpeth'", "'depth'", "width", "activation"]),
    "typo-in-an-optimizer": (["--model.optimizer.momentumm=0.9"], ["'momentumm'", "'momentum'", "nesterov"]),
    "typo-in-the-data": (["--data.batch_sise=3"], ["'batch_sise'", "'batch_size'"]),
    "typo-in-a-callback": (
        ["--gradient_norms.signal=true"],
        ["'gradient_norms.signal'", "'gradient_norms.signals'"],
    ),
    "not-an-option": (["loose"], ["'loose'", "--help"]),
    "option-without-a-value": (["--trainer.max_steps"], ["--trainer.max_steps", "expected one argument"]),
    "unknown-class": (["--model.network=zoo.models.MPL"], ["'zoo.models.MPL'", "'MLP'", "Quadratic"]),
    "unknown-module": (["--model.network=zoo.nowhere.MLP"], ["'zoo.nowhere.MLP'", "no module 'zoo.nowhere'"]),
    "not-a-path": (["--model.network=Netwrok"], ["'Netwrok'", "import path", "zoo.models.MLP"]),
    "a-class-that-is-no-data": (["--data=zoo.models.MLP"], ["'zoo.models.MLP'", "no LightningDataModule"]),
    "a-class-that-is-no-network": (["--model.network=zoo.data.Digits"], ["'zoo.data.Digits'", "no Module"]),
    "a-class-that-is-no-optimizer": (
        ["--model.optimizer=zoo.models.MLP"],
        ["'zoo.models.MLP'", "no Optimizer"],
    ),
    "unknown-optimizer": (["--model.optimizer=torch.optim.Adan"], ["'torch.optim.Adan'", "'Adam'"]),
    "unknown-activation": (["--model.network.activation=rleu"], ["activation", "'rleu'", *SMOOTH]),
    "unknown-initialization": (
        ["--model.network.initialization=kaiming"],
        ["initialization", "'kaiming'", "default", "xavier", "he", "normal"],
    ),
    "depth-in-words": (["--model.network.depth=two"], ["depth", "'two'", "a whole number"]),
    "half-a-layer": (["--model.network.depth=1.5"], ["depth", "'1.5'", "a whole number"]),
    "depth-0": (["--model.network.depth=0"], ["depth is 0", "at least 1"]),
    "depth-below-0": (["--model.network.depth=-1"], ["depth is -1", "at least 1"]),
    "weight_std-in-words": (["--model.network.weight_std=wide"], ["weight_std", "'wide'", "a number"]),
    "rate-nan": (["--model.optimizer.lr=nan"], ["lr", "'nan'", "a number"]),
    "rate-nan-as-yaml-has-it": (
        ["--model.optimizer.lr=.nan"],
        ["model.optimizer.init_args.lr is nan", "finite"],
    ),
    "rate-infinite": (["--model.optimizer.lr=.inf"], ["model.optimizer.init_args.lr is inf", "finite"]),
    "rate-below-0": (["--model.optimizer.lr=-1"], ["learning rate", "-1.0"]),
    "rate-in-words": (["--model.optimizer.lr=big"], ["lr", "'big'", "a number"]),
    "batch_size-0": (["--data.batch_size=0"], ["batch_size is 0", "at least 1"]),
    "split-that-leaves-nothing": (["--data.validation_samples=1797"], ["is 1797", "1 to 1796"]),
    "repeats-0": (["--repeats=0"], ["repeats is 0", "a whole number of at least 1"]),
    "repeats-in-halves": (["--repeats=1.5"], ["repeats is 1.5", "a whole number of at least 1"]),
    "repeats-in-words": (["--repeats=many"], ["repeats is many", "a whole number of at least 1"]),
    "every-0-steps": (["--gradient_norms.every_n_steps=0"], ["every_n_steps is 0", "at least 1"]),
    "seed-in-words": (["--seed_everything=many"], ["seed_everything", "'many'", "a whole number"]),
    "seed-below-0": (["--seed_everything=-1"], ["seed_everything is -1", "0 to 4294967295"]),
    "seed-too-large": (
        ["--seed_everything=4294967295", "--repeats=2"],
        ["seed_everything is 4294967295", "0 to 2147483647"],
    ),
    "seed-that-nobody-could-give-again": (["--seed_everything=true"], ["seed_everything is True", "0 to"]),
    "unknown-variant": (["--only=lesson,digits_lessn"], ["'lesson'", "digits_lesson"]),
    "neither-true-nor-false": (["--brief=maybe"], ["brief", "'maybe'", "true or false"]),
    "unknown-precision": (["--trainer.precision=17"], ["trainer.precision", "'17'", "64-true", "32-true"]),
    "unknown-accelerator": (["--trainer.accelerator=abacus"], ["abacus", "cpu"]),
    "no-such-config": (["--config=nowhere.yaml"], ["nowhere.yaml", "does not exist"]),
}
# The text of a config file, and the words that must be in the answer.
WRITTEN = {
    "broken": ("model: {network: [1,", ["a config file is no YAML: line 2, column 1", "flow node"]),
    "text": ("just text", ["a config file holds 'just text'", "keys and values"]),
    "empty": ("", ["a config file holds nothing", "keys and values"]),
    "a-list": ("- 1\n- 2\n", ["config", "- 1"]),
    "not-text": (b"model: \xff\xfe", ["config file", "UTF-8"]),
    "typo-at-the-top": ("tariner: {max_steps: 3}", ["'tariner", "'trainer"]),
    "typo-inside": ("model: {netwrok: {depth: 1}}", ["'model.netwrok", "'model.network"]),
    "typo-in-a-variant": ("variants: {deep: {model.network.dpeth: 9}}", ["'dpeth'", "'depth'"]),
    "wrong-type-in-a-variant": ("variants: {deep: {model.network.depth: two}}", ["depth", "'two'"]),
    "refused-in-a-variant": ("variants: {deep: {model.network.depth: 0}}", ["depth is 0", "at least 1"]),
    "not-a-number-in-a-variant": ("variants: {fast: {model.optimizer.lr: .nan}}", ["lr", "NaN"]),
    "a-variant-without-keys": ("variants: {deep: 9}", ["variants", "9", "{braces}"]),
}


def complaint(lesson, capsys, *typed):
    """What a refused command line says, once it is seen to say it in one line and to leave nothing behind."""
    before = set(lesson.home.rglob("version_*"))
    with pytest.raises(SystemExit) as leaving:
        lesson.run(*typed)
    said = capsys.readouterr()
    assert leaving.value.code == 2
    assert said.out == ""
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1
    assert said.err.endswith("\n")
    assert set(lesson.home.rglob("version_*")) == before
    return said.err


@pytest.mark.parametrize(("typed", "words"), TYPED.values(), ids=TYPED)
def test_what_is_typed_wrong_is_answered_in_one_line(digits_lesson, capsys, typed, words):
    said = complaint(digits_lesson, capsys, *typed)
    assert [word for word in words if word not in said] == []


@pytest.mark.parametrize(("text", "words"), WRITTEN.values(), ids=WRITTEN)
def test_what_is_written_wrong_is_answered_in_one_line(digits_lesson, capsys, text, words):
    path = digits_lesson.home / "typed.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    said = complaint(digits_lesson, capsys, "--config", str(path))
    assert [word for word in words if word not in said] == []


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (["--model.surface.copies=0"], ["copies is 0", "at least 1"]),
        (["--model.surface.start=[1.0, 2.0]"], ["curvatures has 1 entries", "start 2"]),
        (["--model.surface.start=one"], ["start", "'one'", "[brackets]"]),
        (["--model.noise_std=-1"], ["noise_std is -1", "0 or more"]),
        (["--model.stop_radius=0"], ["stop_radius is 0", "above 0"]),
        (["--data.count=0"], ["count is 0", "at least 1"]),
        (["--trajectory.max_parameters=0"], ["max_parameters is 0", "at least 1"]),
    ],
)
def test_a_constructor_that_refuses_is_quoted_in_one_line(lesson, capsys, typed, words):
    said = complaint(lesson, capsys, *typed)
    assert [word for word in words if word not in said] == []


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
@pytest.mark.parametrize("accelerator", ["gpu", "cuda"])
def test_a_gpu_that_is_not_there_is_answered_with_the_choices(lesson, capsys, accelerator):
    said = complaint(lesson, capsys, f"--trainer.accelerator={accelerator}")
    assert said.startswith(
        f"error: trainer.accelerator is {accelerator!r}, but PyTorch finds no GPU here; choose"
    )


@pytest.mark.parametrize("runs_dir", ["taken", "taken/deeper"])
def test_runs_that_cannot_be_written_are_answered_before_anything_is_built(lesson, capsys, runs_dir):
    (lesson.home / "taken").write_text("a file")
    said = complaint(lesson, capsys, f"--runs_dir={runs_dir}")
    assert said.startswith(f"error: runs_dir is {runs_dir!r}, which cannot be written: ")


def test_a_version_that_is_a_file_is_answered_as_a_folder_that_cannot_be_written(lesson, capsys):
    (lesson.home / "runs" / "lesson").mkdir(parents=True)
    (lesson.home / "runs" / "lesson" / "version_0").write_text("a file")
    assert "runs_dir is 'runs', which cannot be written" in complaint(lesson, capsys)


def test_the_own_sentence_of_a_constructor_is_left_as_it_is():
    assert sentence("depth is 0; it must be at least 1") == "depth is 0; it must be at least 1"


def test_many_lines_become_one():
    assert "\n" not in sentence("first\n  second\n\nthird")


@pytest.mark.parametrize(
    ("count", "ending"), [(19, "The choices are a0, a1, a10"), (20, "--help lists them all")]
)
def test_choices_are_listed_while_they_are_few(count, ending):
    answer = sentence("unrecognized arguments: --zzz", [f"a{i}" for i in range(count)])
    assert answer.startswith(f"there is no option 'zzz'; {ending}")
