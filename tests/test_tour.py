import json

import pytest

from zoo import catalogue
from zoo.__main__ import main
from zoo.tour import conduct, tour


@pytest.fixture
def both(lesson, digits_lesson):
    """Two lessons; the first in the order of the alphabet is digits_lesson."""
    return catalogue.experiments()


def seeds(home):
    return {path.parts[-3]: json.loads(path.read_text())["seed"] for path in home.rglob("verdicts.json")}


def test_an_experiment_is_conducted_as_its_script_would_be(lesson):
    report = conduct(catalogue.experiment("lesson"), ["--brief=true", "--model.optimizer.lr=0.25"])
    assert report.experiment == "lesson"
    assert [v.measured for v in report.verdicts] == [0.75**3] * 2


def test_a_tour_runs_all_in_their_order_and_ends_with_one_table(both, home, capsys):
    assert tour(both) == 0
    said = capsys.readouterr().out
    places = [
        said.index(words) for words in ("✓ digits_lesson: 1 of 1", "✓ lesson: 2 of 2", "Verdicts", "3 of 3")
    ]
    assert places == sorted(places)
    assert said.count("Verdicts") == 1
    assert said.count(" holds ") == 3
    assert "Calculus predicts" not in said
    assert seeds(home) == {"digits_lesson": 0, "lesson": 0}


def test_a_tour_hands_on_its_seed_and_its_folder(both, home, capsys):
    assert main(["tour", "--seed", "4", "--runs_dir", "there"]) == 0
    assert seeds(home / "there") == {"digits_lesson": 4, "lesson": 4}
    assert "--runs_dir there" in capsys.readouterr().out


def test_a_seed_that_no_experiment_takes_is_refused_once_before_anything_is_run(both, home, capsys):
    assert main(["tour", "--seed", "-1"]) == 2
    assert seeds(home) == {}
    assert capsys.readouterr().err == "error: seed is -1; choose a whole number from 0 to 4294967295\n"


def test_only_what_was_asked_for_is_run(both, home, capsys):
    assert main(["tour", "--only", "lesson"]) == 0
    assert set(seeds(home)) == {"lesson"}
    assert "digits_lesson" not in capsys.readouterr().out


def test_names_are_taken_in_the_order_asked_for_with_or_without_spaces(both, capsys):
    assert main(["tour", "--only", "lesson, digits_lesson"]) == 0
    said = capsys.readouterr().out
    assert said.index("✓ lesson") < said.index("✓ digits_lesson")


def test_an_unknown_name_is_refused_before_anything_is_run(both, home, capsys):
    assert main(["tour", "--only", "lesson,lessn"]) == 2
    assert seeds(home) == {}
    assert capsys.readouterr().err == (
        "error: there is no experiment 'lessn'; did you mean lesson? choose one of digits_lesson, lesson\n"
    )


def test_a_verdict_that_fails_is_shown_and_ends_the_tour_with_1_after_all_are_run(both, home, lesson, capsys):
    config = home / "configs" / "digits_lesson.yaml"
    config.write_text(
        config.read_text().replace("width: 8", "width: 8, weight_std: 99.0, initialization: normal")
    )
    assert tour(both) == 1
    said = capsys.readouterr().out
    assert "✗ digits_lesson: 0 of 1" in said
    assert "✓ lesson: 2 of 2" in said
    assert "2 of 3 verdicts hold" in said
    assert (
        "✗ digits_lesson:digits_lesson.loss: FAILS: " in said.partition("└")[2]
    )  # once more, under the table
    assert said.count("FAILS") == 2


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_in_a_run_ends_the_tour_with_130_and_the_table_of_what_is_finished(both, capsys):
    assert tour(both) == 130
    said = capsys.readouterr()
    assert "1 of 1 verdicts hold. " in said.out
    assert "interrupted; what was logged until now is in runs/lesson/version_0" in said.err


def test_ctrl_c_between_two_runs_ends_the_tour_with_130_and_the_same_table(both, capsys, monkeypatch):
    def conduct_or_interrupt(experiment, arguments):
        if experiment.name == "lesson":
            raise KeyboardInterrupt
        return conduct(experiment, arguments)

    monkeypatch.setattr("zoo.tour.conduct", conduct_or_interrupt)
    assert tour(both) == 130
    assert "1 of 1 verdicts hold. " in capsys.readouterr().out


def test_bad_input_inside_a_tour_ends_it_with_2_and_the_table_of_what_is_finished(both, home, capsys):
    (home / "configs" / "lesson.yaml").write_text("model: {surfce: 3}")
    assert tour(both) == 2
    said = capsys.readouterr()
    assert "1 of 1 verdicts hold. " in said.out
    assert said.err.startswith("error: there is no option 'model.surfce'; did you mean 'model.surface'?")


def test_a_tour_that_ends_before_its_first_verdict_has_no_table(lesson, home, capsys):
    (home / "configs" / "lesson.yaml").write_text("model: {surfce: 3}")
    assert tour(catalogue.experiments()) == 2
    assert capsys.readouterr().out == ""


def test_an_experiment_that_is_refused_is_named_under_the_table_and_the_others_are_run(both, home, capsys):
    (home / "configs" / "digits_lesson.yaml").unlink()
    assert tour(both) == 2
    said = capsys.readouterr()
    assert said.err.startswith("error: the experiment's config")
    assert said.out.index("2 of 2 verdicts hold") < said.out.index("digits_lesson was refused")


def test_a_defect_in_a_script_ends_the_tour_with_its_traceback_after_the_table(both, home, capsys):
    script = home / "experiments" / "lesson.py"
    script.write_text(script.read_text().replace("    cli.fit()", "    cli.fitt()"))
    with pytest.raises(AttributeError, match="fitt"):
        tour(both)
    assert "1 of 1 verdicts hold" in capsys.readouterr().out


def test_a_script_that_cannot_be_read_is_listed_as_such_beside_the_others(both, home, capsys):
    (home / "experiments" / "lesson.py").write_text('"""Why?"""\n\ndef (')
    assert main(["list"]) == 0
    said = capsys.readouterr().out
    assert "digits_lesson\n    What does" in said
    assert "cannot be read: invalid syntax, line 3" in said
