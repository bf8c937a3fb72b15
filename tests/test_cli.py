import json
import os
import signal
import sys

import lightning as L
import pytest
from lightning.fabric.utilities.exceptions import MisconfigurationException
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from zoo.diagnostics import ParameterTrajectory
from zoo.errors import InputError
from zoo.verdict import Prediction


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


def test_what_theory_refuses_is_answered_in_one_sentence_and_leaves_no_run(lesson, capsys):
    cli = lesson.cli()
    with pytest.raises(SystemExit) as leaving:
        cli.announce(refusing(InputError("rate is 0; it must be positive")))
    assert leaving.value.code == 2
    assert capsys.readouterr().err == "error: rate is 0; it must be positive\n"
    assert not cli.folder.exists()


def test_a_defect_in_a_prediction_keeps_its_traceback(lesson):
    cli = lesson.cli()
    with pytest.raises(ValueError, match="math domain error"):
        cli.announce(refusing(ValueError("math domain error")))


def refusing(error):
    """Predictions of which the second fails."""
    yield Prediction("slow.x", "claim", 1.0, "elementary")
    raise error


@pytest.mark.parametrize("error", [InputError, MisconfigurationException])
def test_what_is_refused_while_training_is_answered_in_one_sentence_and_keeps_the_run(ready, capsys, error):
    cli = ready(callbacks={"trajectory": ParameterTrajectory})

    def refuse(*arguments):
        raise error("there are too many")

    cli.runs[1].callback(ParameterTrajectory).on_fit_start = refuse
    with pytest.raises(SystemExit) as leaving:
        cli.fit()
    assert leaving.value.code == 2
    assert capsys.readouterr().err == "error: there are too many\n"
    assert (cli.folder / "predictions.json").is_file()
    assert list((cli.folder / "slow").glob("events.out.tfevents.*"))


def test_a_defect_while_training_keeps_its_traceback(ready):
    cli = ready(callbacks={"trajectory": ParameterTrajectory})

    def fail(*arguments):
        raise ValueError("math domain error")

    cli.runs[0].callback(ParameterTrajectory).on_fit_start = fail
    with pytest.raises(ValueError, match="math domain error"):
        cli.fit()


@pytest.mark.skipif(sys.platform == "win32", reason="on Windows SIGTERM ends a program without asking it")
def test_a_program_that_is_terminated_ends_with_143_and_names_what_was_logged(ready, capsys, monkeypatch):
    monkeypatch.setattr(
        "zoo.training.Minimizer.on_train_batch_end",
        lambda model, *_: os.kill(os.getpid(), signal.SIGTERM) if model.trainer.global_step == 3 else None,
    )
    cli = ready("--data.count=9")
    with pytest.raises(SystemExit) as leaving:
        cli.fit()
    assert leaving.value.code == 143
    assert capsys.readouterr().err.endswith(f"terminated; what was logged until now is in {cli.folder}\n")
    assert cli.runs[0].trainer.global_step < 9
