import json
import sys

import pytest
import yaml
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def refused(day, capsys, *typed):
    """The sentence with which the lesson refuses what is typed."""
    with pytest.raises(SystemExit) as leaving:
        day.run(*typed)
    said = capsys.readouterr().err
    assert leaving.value.code == 2
    assert said.count("\n") == 1
    assert list(day.home.rglob("version_*")) == []
    return said


def test_every_variant_is_predicted_measured_and_judged(day):
    report = day.run()
    assert [str(v) for v in report.verdicts] == [
        "HOLDS: monday: hours: predicted 24, measured 24",
        "HOLDS: sunday: hours: predicted 24, measured 24",
    ]
    assert EventAccumulator(str(report.folder)).Reload().Tensors("verdicts/text_summary")


def test_a_variants_key_lies_between_the_config_and_what_is_typed(day):
    text = "hours: 25.0\nvariants: {monday: {}, sunday: {hours: 26.0}}\n"
    report = day.run("--config", day.file(text), "--seed_everything", "3")
    assert [v.prediction.value for v in report.verdicts] == [25.0, 26.0]
    assert not report.holds
    report = day.run("--config", day.file(text), "--hours", "24")
    assert [v.prediction.value for v in report.verdicts] == [24.0, 24.0]


def test_only_the_chosen_variants_are_measured_and_the_saved_config_gives_them_back(day):
    report = day.run("--only", "sunday", "--hours", "23")
    saved = yaml.safe_load((report.folder / "config.yaml").read_text())
    assert (saved["name"], saved["hours"], saved["variants"]) == ("sunday", 23.0, {"sunday": {}})
    again = day.run("--config", str(report.folder / "config.yaml"))
    assert [str(v) for v in again.verdicts] == [str(v) for v in report.verdicts]


@pytest.mark.parametrize(
    ("typed", "shipped"), [((), True), (("--hours=24",), False), (("--only=monday",), True)]
)
def test_the_verdicts_say_whether_the_run_was_as_shipped(day, typed, shipped):
    report = day.run(*typed)
    assert json.loads((report.folder / "verdicts.json").read_text())["as_shipped"] is shipped


def test_each_case_draws_from_the_seed_whatever_was_drawn_before_it(day):
    def drawn(*typed):
        report = day.run(*typed)
        return {v.prediction.variant: v.measured for v in report.verdicts}

    day.script.write_text(day.script.read_text().replace('"hours": 24.0', '"hours": float(torch.rand(()))'))
    both = drawn()
    assert both["monday"] == both["sunday"] == drawn("--only=sunday")["sunday"]
    assert drawn("--seed_everything=1")["monday"] != both["monday"]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (["--hours=0"], "error: hours is 0.0; a day has more\n"),
        (["--hours=.nan"], "error: hours is nan; it must be a finite number\n"),
        (["--hours=long"], "error: hours is 'long'; it must be a number\n"),
        (["--hour=1"], "error: there is no option 'hour'; did you mean 'hours'? "),
        (["--only=friday"], "error: there is no variant 'friday'; choose from monday, sunday\n"),
        (
            ["--seed_everything=-1"],
            "error: seed_everything is -1; choose a whole number from 0 to 4294967295\n",
        ),
    ],
)
def test_bad_input_is_answered_in_one_sentence_that_leaves_no_folder(day, capsys, typed, sentence):
    assert refused(day, capsys, *typed).startswith(sentence)


def test_nothing_is_measured_before_predictions_are_stated(day):
    day.script.write_text(day.script.read_text().replace("    cli.announce(", "    list("))
    with pytest.raises(RuntimeError, match="state the predictions before they are measured"):
        day.run()


def test_ctrl_c_while_measuring_ends_with_130_and_says_where_the_predictions_are(day, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["day.py"])
    text = day.script.read_text().replace('return {"hours"', 'raise KeyboardInterrupt\n    return {"hours"')
    day.script.write_text(text)
    with pytest.raises(SystemExit) as leaving:
        day.run()
    assert leaving.value.code == 130
    assert capsys.readouterr().err.startswith("interrupted; the predictions are in ")
    assert [path.name for path in day.home.rglob("predictions.json")] == ["predictions.json"]
