"""From a config to runs: which setting wins, what is built, and what is saved of it."""

import json

import pytest
import torch
import yaml

from zoo.diagnostics import ParameterTrajectory
from zoo.run import Run

TRAJECTORY = {"trajectory": ParameterTrajectory}
NOISE = "--model.noise_std=0.01"


def rates(cli):
    return {run.variant: run.optimizer["lr"] for run in cli.runs}


def measured(report):
    return [verdict.measured for verdict in report.verdicts]


def test_a_variant_goes_over_the_config_of_the_experiment(lesson):
    assert rates(lesson.cli()) == {"slow": 0.1, "fast": 0.5}


def test_a_file_goes_over_the_config_and_a_variant_over_the_file(lesson):
    more = lesson.file("model: {optimizer: {init_args: {lr: 0.2}}}")
    for typed in (["--config", more], [f"--config={more}"], ["-c", more]):
        assert rates(lesson.cli(*typed)) == {"slow": 0.2, "fast": 0.5}


def test_what_is_typed_goes_over_all_wherever_it_is_typed(lesson):
    more = lesson.file("{repeats: 2, model: {optimizer: {init_args: {lr: 0.2}}}}")
    typed = ["--model.optimizer.lr=0.3", "--repeats=1"]
    for line in ([*typed, "--config", more], ["--config", more, *typed]):
        cli = lesson.cli(*line)
        assert rates(cli) == {"slow": 0.3, "fast": 0.3}
        assert len(cli.runs) == 2
        assert cli.config.model.optimizer.init_args.lr == 0.3


def test_the_last_of_several_files_goes_over_the_others(lesson):
    first = lesson.home / "first.yaml"
    first.write_text("{model: {noise_std: 0.5}, data: {init_args: {count: 7}}}")
    cli = lesson.cli("--config", str(first), "--config", lesson.file("model: {noise_std: 0.25}"))
    assert [(run.model.noise_std, run.datamodule.count) for run in cli.runs] == [(0.25, 7)] * 2


def test_a_file_replaces_the_variants_it_names_anew(lesson):
    assert rates(lesson.cli("--config", lesson.file("variants: {slower: {model.optimizer.lr: 0.01}}"))) == {
        "slower": 0.01
    }


def test_only_the_variants_asked_for_are_built_in_the_order_of_the_config(lesson):
    assert rates(lesson.cli("--only=fast")) == {"fast": 0.5}
    assert list(rates(lesson.cli("--only", "fast, slow"))) == ["slow", "fast"]


def test_without_variants_there_is_one_run_with_the_name_of_the_experiment(lesson):
    assert rates(lesson.cli("--variants={}")) == {"lesson": 0.1}


def test_a_variant_can_change_the_class_of_the_optimizer_and_the_type_of_a_value(lesson):
    variants = {
        "adam": {"model.optimizer": "torch.optim.Adam", "model.optimizer.lr": 0.01},
        "far": {"model.surface.start": [2.5]},
        "endless": {"model.stop_radius": None},
    }
    adam, far, endless = lesson.cli(f"--variants={json.dumps(variants)}", "--model.stop_radius=9").runs
    assert (adam.optimizer["name"], adam.optimizer["lr"]) == ("Adam", 0.01)
    assert far.model.surface.point.tolist() == [[2.5]]
    assert endless.model.stop_radius == 9  # typed over the variant's null


def test_every_run_has_its_own_model_data_trainer_and_callbacks(lesson):
    runs = lesson.cli("--repeats=2", callbacks=TRAJECTORY).runs
    owned = [(r.model, r.datamodule, r.trainer, r.callback(ParameterTrajectory)) for r in runs]
    for kind in zip(*owned, strict=True):
        assert len(set(map(id, kind))) == len(runs) == 4


def test_repeats_stand_together_within_their_variant(lesson):
    cli = lesson.cli("--repeats=3")
    assert [(run.variant, run.repeat) for run in cli.runs] == [
        (v, r) for v in ("slow", "fast") for r in range(3)
    ]
    assert list(cli.variants) == ["slow", "fast"]
    assert cli.variants["fast"] == cli.runs[3:]


def test_repeats_of_another_seed_share_no_seed_with_these(lesson):
    seeds = [
        {run.seed for run in lesson.cli("--repeats=3", f"--seed_everything={seed}").runs} for seed in range(4)
    ]
    assert all(len(own) == 3 for own in seeds)
    assert len(set.union(*seeds)) == 4 * 3


def test_variants_are_compared_at_the_same_seeds(lesson):
    cli = lesson.cli("--repeats=2", "--seed_everything=5")
    assert [[run.seed for run in repeats] for repeats in cli.variants.values()] == [[10, 11]] * 2


def test_every_call_makes_a_folder_of_its_own(lesson):
    folders = [lesson.run().folder.as_posix() for _ in range(3)]
    assert folders == [f"runs/lesson/version_{k}" for k in range(3)]


def test_runs_go_where_runs_dir_says(lesson):
    report = lesson.run("--runs_dir=deep/er")
    assert report.folder.as_posix() == "deep/er/lesson/version_0"
    assert not (lesson.home / "runs").exists()


def test_the_saved_config_is_resolved_and_gives_the_same_measurements_to_the_last_bit(lesson):
    first = lesson.run(NOISE, "--repeats=2", "--seed_everything=3", "--data.count=5")
    assert "momentum: 0.0" in (first.folder / "config.yaml").read_text()  # a default that nobody wrote
    again = lesson.run("--config", str(first.folder / "config.yaml"))
    assert measured(again) == measured(first)
    assert len(set(measured(first))) == 4  # noise: nothing is the same by chance
    other = lesson.run("--config", str(first.folder / "config.yaml"), "--seed_everything=4")
    assert not set(measured(other)) & set(measured(first))


def test_the_saved_config_keeps_what_was_typed_over_a_variant(lesson):
    first = lesson.run("--model.optimizer.lr=0.25")
    again = lesson.run("--config", str(first.folder / "config.yaml"))
    assert measured(again) == measured(first) == [0.75**3] * 2  # powers of two: exact


def test_the_saved_config_keeps_a_null_that_was_typed(lesson):
    lesson.config.write_text(lesson.config.read_text().replace("model:", "model:\n  stop_radius: 9.0"))
    first = lesson.run("--model.stop_radius=null")
    assert lesson.cli().runs[0].model.stop_radius == 9
    again = lesson.cli("--config", str(first.folder / "config.yaml"), callbacks=TRAJECTORY)
    assert again.runs[0].model.stop_radius is None


def test_the_seed_of_the_command_line_decides_what_is_measured(lesson):
    zero, one, again = (measured(lesson.run(NOISE, f"--seed_everything={seed}")) for seed in (0, 1, 0))
    assert zero == again
    assert not set(zero) & set(one)


def test_a_run_does_not_depend_on_the_runs_before_it(lesson):
    both = lesson.run(NOISE)
    alone = lesson.run(NOISE, "--variants={fast: {model.optimizer.lr: 0.5}}")
    assert measured(both)[1] == measured(alone)[0]


def test_weights_do_not_depend_on_the_runs_before_them(digits_lesson):
    from zoo.cli import ExperimentCLI
    from zoo.training import Classifier

    def weights(variants):
        cli = ExperimentCLI(str(digits_lesson.script), Classifier, ["--variants", variants])
        return cli.runs[-1].model.network.hidden[0].weight

    alone, after_others = weights("{last: {}}"), weights("{deep: {model.network.depth: 5}, last: {}}")
    assert torch.equal(alone, after_others)


def test_the_runs_of_a_cli_are_runs(lesson):
    cli = lesson.cli()
    assert all(isinstance(run, Run) for run in cli.runs)
    assert (cli.model, cli.datamodule, cli.trainer) == (
        cli.runs[0].model,
        cli.runs[0].datamodule,
        cli.runs[0].trainer,
    )


ADAM_AND_SLOW = json.dumps(
    {"slow": {}, "adam": {"model.optimizer": "torch.optim.Adam", "model.optimizer.lr": 0.1}}
)
BETAS = "--model.optimizer.betas=[0.5, 0.9]"


def test_a_key_of_a_variants_own_class_can_be_typed_where_it_is_the_only_one(lesson):
    cli = lesson.cli(f"--variants={ADAM_AND_SLOW}", "--only=adam", BETAS)
    assert [run.optimizer["betas"] for run in cli.runs] == [(0.5, 0.9)]


def test_a_key_that_one_of_several_variants_has_not_is_refused(lesson, capsys):
    with pytest.raises(SystemExit) as leaving:
        lesson.cli(f"--variants={ADAM_AND_SLOW}", BETAS)
    assert leaving.value.code == 2
    assert "there is no option 'betas'" in capsys.readouterr().err


def test_the_saved_config_of_one_variant_gives_the_same_run(lesson):
    cli = lesson.cli(f"--variants={ADAM_AND_SLOW}", "--only=adam", BETAS)
    saved = cli.folder / "config.yaml"
    assert yaml.safe_load(saved.read_text())["variants"] == {"adam": {}}
    (again,) = lesson.cli("--config", str(saved)).runs
    assert again.variant == "adam"
    assert again.optimizer == cli.runs[0].optimizer


@pytest.mark.parametrize("logger", ["false", "lightning.pytorch.loggers.CSVLogger"])
def test_a_logger_that_would_be_ignored_is_refused(lesson, capsys, logger):
    with pytest.raises(SystemExit) as leaving:
        lesson.cli(f"--trainer.logger={logger}", *(["--trainer.logger.save_dir=x"] if "." in logger else []))
    assert leaving.value.code == 2
    assert "trainer.logger is set" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("typed", "steps"),
    [
        ("--trainer.max_epochs=-1", "inf"),
        ("--trainer.max_epochs=0", "0"),
        ("--trainer.limit_train_batches=0", "0"),
    ],
)
def test_a_run_without_a_step_or_without_an_end_is_refused(lesson, capsys, typed, steps):
    with pytest.raises(SystemExit) as leaving:
        lesson.cli(typed)
    assert leaving.value.code == 2
    assert capsys.readouterr().err == (
        f"error: slow takes {steps} steps; give it trainer.max_steps or trainer.max_epochs\n"
    )


def test_a_defect_of_a_data_module_keeps_its_traceback(lesson, monkeypatch):
    def setup(self, stage):
        raise ValueError("math domain error")

    monkeypatch.setattr("zoo.data.Steps.setup", setup)
    with pytest.raises(ValueError, match="math domain error"):
        lesson.cli()


def test_a_variant_may_be_a_whole_class_with_its_arguments(lesson):
    surface = "{class_path: zoo.models.Quadratic, init_args: {curvatures: [1.0, 2.0], start: [3.0, 4.0]}}"
    cli = lesson.cli("--config", lesson.file(f"variants: {{other: {{model.surface: {surface}}}}}"))
    assert [run.model.surface.point.tolist() for run in cli.runs] == [[[3.0, 4.0]]]
