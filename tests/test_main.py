from pathlib import Path

import pytest

from zoo import __version__
from zoo.__main__ import main

BROKEN = "--model.optimizer.momentum=0.5"  # the lesson's law knows no momentum


def status(*typed):
    """The exit status, whether it is returned or raised."""
    try:
        return main(list(typed))
    except SystemExit as leaving:
        return leaving.code


def test_list_names_question_and_law_and_ends_well(lesson, digits_lesson, capsys):
    assert status("list") == 0
    assert capsys.readouterr().out == (
        "digits_lesson\n    What does a network say that knows nothing yet?\n    Law: L = ln 10.\n\n"
        "lesson\n    Where do three steps down a bowl lead?\n"
        "    Law: x_k = (1 − ηλ)^k x_0, with step η and curvature λ.\n\n"
    )


def test_a_run_whose_verdicts_hold_ends_with_0(lesson, capsys):
    assert status("run", "lesson") == 0
    assert capsys.readouterr().out.count("holds") == 2


def test_a_run_with_a_verdict_that_fails_ends_with_1(lesson, capsys):
    assert status("run", "lesson", BROKEN) == 1
    assert "FAILS" in capsys.readouterr().out


def test_a_run_takes_any_key_of_the_experiment(lesson, capsys):
    more = lesson.file("data: {init_args: {count: 1}}")
    assert status("run", "lesson", "--config", more, "--model.optimizer.lr", "0.25", "--variants={}") == 0
    assert "0.75" in capsys.readouterr().out


def test_help_on_a_run_is_that_of_the_experiment(lesson, capsys):
    assert status("run", "lesson", "--help") == 0
    assert "--model.noise_std" in capsys.readouterr().out


def test_help_on_run_alone_is_how_to_run(capsys):
    assert status("run", "--help") == 0
    assert "usage: zoo run EXPERIMENT" in capsys.readouterr().out


def test_a_tour_ends_as_its_verdicts_do(lesson, capsys):
    assert status("tour") == 0
    lesson.config.write_text(lesson.config.read_text().replace("lr: 0.1", "lr: 0.1, momentum: 0.5"))
    assert status("tour") == 1
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ([], "COMMAND"),
        (["lst"], "'lst'"),
        (["run"], "zoo run needs an experiment"),
        (["run", "leson"], "there is no experiment 'leson'; did you mean lesson? choose one of lesson"),
        (["run", "lesson", "--tariner.max_steps=3"], "'trainer.max_steps'"),
        (["tour", "--only", "lesson,other"], "there is no experiment 'other'; choose one of lesson"),
        (["tour", "--sed", "3"], "--sed"),
        (["tour", "--seed", "three"], "'three'"),
        (["tour", "--seed", "-1"], "-1"),
        (["list", "all"], "all"),
        (["board", "--runs_dir", "nowhere"], "there is no folder 'nowhere'; zoo tour makes one"),
        (["board", "--port", "0", "--runs_dir", "."], "port is 0; choose 1 to 65535"),
        (["board", "--port", "http"], "'http'"),
        (["board", "leson"], "there is no experiment 'leson'; did you mean lesson?"),
        (["board", "lesson"], "lesson has no run in 'runs'; zoo run lesson makes one"),
    ],
)
def test_bad_input_ends_with_2_and_a_last_line_that_names_it(lesson, capsys, typed, words):
    assert status(*typed) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert words in said.err.splitlines()[-1]
    assert "Traceback" not in said.err


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("typed", [["run", "lesson"], ["tour"]])
def test_ctrl_c_in_a_run_ends_with_130_and_says_where_its_curves_are(lesson, capsys, typed):
    assert status(*typed) == 130
    said = "interrupted; what was logged until now is in runs/lesson/version_0\n"
    assert capsys.readouterr().err == said


def test_ctrl_c_before_a_run_ends_with_130_and_without_a_traceback(lesson, capsys, monkeypatch):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("zoo.tour.conduct", interrupt)
    assert status("run", "lesson") == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_the_board_is_asked_for_the_folder_and_the_port(monkeypatch):
    asked = []
    monkeypatch.setattr("zoo.board.board", lambda *arguments: asked.append(arguments) or 5)
    assert status("board") == 5
    assert status("board", "--runs_dir", "there", "--port", "7007") == 5
    assert asked == [(Path("runs"), 6006), (Path("there"), 7007)]


def test_the_board_of_an_experiment_is_that_of_its_latest_run(lesson, monkeypatch):
    folders = [lesson.run().folder for _ in range(2)]
    asked = []
    monkeypatch.setattr("zoo.board.board", lambda *arguments: asked.append(arguments) or 0)
    assert status("board", "lesson") == 0
    assert asked == [(folders[-1], 6006)]


def test_the_version_is_printed(capsys):
    assert status("--version") == 0
    assert capsys.readouterr().out == f"calculus-zoo {__version__}\n"


def test_what_was_typed_is_read_from_the_command_line(lesson, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["zoo", "list"])
    assert main() == 0
    assert "lesson" in capsys.readouterr().out
