import json

import lightning as L
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from zoo.diagnostics import ParameterTrajectory
from zoo.run import Run
from zoo.verdict import Prediction

TRAJECTORY = {"trajectory": ParameterTrajectory}
NOISE = "--model.noise_std=0.01"


def rates(cli):
    return {run.variant: run.optimizer["lr"] for run in cli.runs}


def measured(report):
    return [verdict.measured for verdict in report.verdicts]


def scalars(folder, tag):
    events = EventAccumulator(str(folder)).Reload()
    return (
        [(event.step, event.value) for event in events.Scalars(tag)]
        if tag in events.Tags()["scalars"]
        else []
    )


def settings(folder):
    """What TensorBoard's HParams tab shows of a run: its settings that are numbers."""
    events = EventAccumulator(str(folder)).Reload()
    content = events.PluginTagToContent("hparams")["_hparams_/session_start_info"]
    found = HParamsPluginData.FromString(content).session_start_info.hparams
    return {key: value.number_value for key, value in found.items()}


@pytest.fixture
def ready(lesson):
    """A CLI whose runs could be trained now: its one prediction has been stated."""

    def build(*typed, callbacks=None):
        cli = lesson.cli(*typed, callbacks=callbacks)
        cli.announce([Prediction("slow.x", "claim", 1.0, "elementary")])
        return cli

    return build


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


def test_nothing_is_trained_before_predictions_are_stated(lesson):
    cli = lesson.cli()
    with pytest.raises(RuntimeError, match="state the predictions before the run"):
        cli.fit()
    assert [run.trainer.global_step for run in cli.runs] == [0, 0]


def test_predictions_are_written_before_anything_is_trained(ready):
    cli = ready()
    assert [run.trainer.global_step for run in cli.runs] == [0, 0]
    assert json.loads((cli.folder / "predictions.json").read_text()) == {
        "predictions": [{"key": "slow.x", "claim": "claim", "relation": "=", "predicted": 1.0}]
    }


def test_predictions_are_not_changed_by_what_happens_to_the_list_later(lesson):
    cli, predictions = lesson.cli(), [Prediction("slow.x", "claim", 1.0, "elementary")]
    cli.announce(predictions)
    predictions.clear()
    assert len(cli.predictions) == 1


def test_fit_trains_every_run(ready):
    cli = ready("--repeats=2", "--data.count=4")
    cli.fit()
    assert [run.trainer.global_step for run in cli.runs] == [4] * 4


def test_only_the_first_repeat_of_a_variant_logs(ready):
    cli = ready("--repeats=3")
    cli.fit()
    assert [len(run.trainer.loggers) for run in cli.runs] == [1, 0, 0] * 2
    logged = sorted(path.parent.relative_to(cli.folder).as_posix() for path in cli.folder.rglob("events*"))
    assert logged == ["fast", "slow"]
    # Heights before each step: ½ 0.9^2k.
    assert scalars(cli.folder / "slow", "loss/height") == [
        (k, pytest.approx(0.5 * 0.81**k, rel=1e-6))
        for k in range(3)  # curves are float32
    ]


def test_the_report_stands_beside_the_curves_with_what_each_variant_was(lesson):
    report = lesson.run()
    names = {path.name for path in report.folder.iterdir() if not path.name.startswith("events")}
    assert names == {"config.yaml", "predictions.json", "verdicts.json", "slow", "fast"}
    assert scalars(report.folder / "fast", "verdict/x_0") == [(0, 0.125)]
    assert settings(report.folder / "fast") == {"model.optimizer.lr": 0.5}  # all in which variants differ


def test_a_variant_that_stands_alone_is_known_by_its_seed(lesson):
    assert settings(lesson.run("--only=fast", "--seed_everything=3").folder / "fast") == {"seed": 3}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), 0.0, "a name"])
def test_no_measurement_is_too_strange_to_be_reported(ready, value):
    cli = ready()
    cli.fit()
    report = cli.report({"slow": {"x": value}})
    assert not report.holds
    assert json.loads((report.folder / "verdicts.json").read_text())["verdicts"][0]["holds"] is False


def test_what_was_predicted_has_to_be_measured(ready):
    for measurements in ({}, {"slow": {}}, {"fast": {"x": 1.0}}, {"slow": {"y": 1.0}}):
        with pytest.raises(ValueError, match=r"^predicted but not measured: slow\.x$"):
            ready().report(measurements)


def test_what_was_not_predicted_is_left_out(ready):
    report = ready().report({"slow": {"x": 1.0, "y": 2.0}, "fast": {"x": 3.0}})
    assert [(v.prediction.key, v.measured) for v in report.verdicts] == [("slow.x", 1.0)]


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_ends_with_130_and_what_was_logged_is_kept_and_named(ready, capsys):
    cli = ready("--data.count=9")
    with pytest.raises(SystemExit) as leaving:
        cli.fit()
    assert leaving.value.code == 130
    assert capsys.readouterr().err == f"interrupted; what was logged until now is in {cli.folder}\n"
    assert [step for step, _ in scalars(cli.folder / "slow", "loss/height")] == [0, 1]
    assert [run.trainer.global_step for run in cli.runs] == [3, 0]
    assert (cli.folder / "predictions.json").is_file()


class Exit(L.Callback):
    """Leave for a reason of one's own."""

    def on_train_start(self, *arguments):
        raise SystemExit(7)


def test_an_exit_that_is_not_ctrl_c_stays_an_exit(ready):
    with pytest.raises(SystemExit) as leaving:
        ready(callbacks={"exit": Exit}).fit()
    assert leaving.value.code == 7


def test_a_run_that_is_not_brief_prints_question_law_predictions_and_verdicts_in_this_order(lesson, capsys):
    lesson.run("--brief=false")
    said = capsys.readouterr()
    order = ["Where do three steps", "x_k = ", "Calculus predicts", "0.729", "Verdicts", "version_0"]
    places = [said.out.index(words) for words in order]
    assert places == sorted(places)
    assert said.err == ""


def test_brackets_in_a_question_or_a_law_are_not_taken_for_markup(lesson, capsys):
    text = lesson.script.read_text(encoding="utf-8")
    lesson.script.write_text(
        text.replace("x_k = ", "E[x_k] in [/b] = ").replace("a bowl", "[a] bowl"), "utf-8"
    )
    lesson.run("--brief=false")
    said = capsys.readouterr().out
    assert "E[x_k] in [/b] = " in said
    assert "[a] bowl lead?" in said


def test_a_brief_run_prints_nothing(lesson, capsys):
    lesson.run()
    assert capsys.readouterr() == ("", "")


def test_the_runs_of_a_cli_are_runs(lesson):
    cli = lesson.cli()
    assert all(isinstance(run, Run) for run in cli.runs)
    assert (cli.model, cli.datamodule, cli.trainer) == (
        cli.runs[0].model,
        cli.runs[0].datamodule,
        cli.runs[0].trainer,
    )
