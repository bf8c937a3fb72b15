import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from zoo import catalogue

HOME = Path(__file__).parents[1]
SLOW = ("torch", "lightning", "jsonargparse", "matplotlib", "sklearn", "numpy")
EXPERIMENTS = catalogue.experiments()


def python(*arguments, package, folder=HOME):
    """Run Python in ``folder``, on the zoo that stands in ``package``."""
    environment = {**os.environ, "PYTHONPATH": str(package)}
    command = [sys.executable, *arguments]
    return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)


def test_every_script_has_its_config_and_every_config_its_script():
    scripts = {path.stem for path in (HOME / "experiments").glob("*.py")}
    configs = {path.stem for path in (HOME / "configs").iterdir()}
    assert scripts
    assert scripts <= configs
    assert {
        name.partition("-")[0] for name in configs
    } == scripts  # x-variant.yaml is a second config of x.py


def test_the_curriculum_names_every_experiment_once():
    assert [e.name for e in EXPERIMENTS] == list(catalogue.CURRICULUM)


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda e: e.name)
def test_an_experiment_asks_a_question_and_has_a_law(experiment):
    assert experiment.question.endswith("?")
    assert len(experiment.law) > 10
    assert experiment.script.stem == experiment.config.stem == experiment.name
    assert experiment.config.is_file()


def test_question_and_law_are_read_from_the_docstring_and_run_on_over_lines(lesson):
    found = catalogue.experiment("lesson")
    assert found.question == "Where do three steps down a bowl lead?"
    assert found.law == "x_k = (1 − ηλ)^k x_0, with step η and curvature λ."
    assert (found.script, found.config) == (lesson.script, lesson.config)


def test_a_script_without_a_docstring_is_listed_and_not_executed(home):
    (home / "experiments").mkdir()
    (home / "experiments" / "bare.py").write_text("raise SystemExit('executed')\n")
    assert [(e.name, e.question, e.law) for e in catalogue.experiments()] == [("bare", "", "")]


def test_lessons_come_in_the_order_of_the_curriculum_and_others_after_them(home):
    (home / "experiments").mkdir()
    for name in ("a_new_one", *sorted(catalogue.CURRICULUM)):
        (home / "experiments" / f"{name}.py").write_text('"""Why?"""\n')
    assert [e.name for e in catalogue.experiments()] == [*catalogue.CURRICULUM, "a_new_one"]


def test_an_unknown_name_is_answered_with_the_nearest_and_all(lesson, digits_lesson):
    with pytest.raises(
        ValueError, match=r"no experiment 'leson'; did you mean lesson\? choose one of .*digits_lesson"
    ):
        catalogue.experiment("leson")
    with pytest.raises(ValueError, match=r"no experiment 'x'; choose one of digits_lesson, lesson$"):
        catalogue.experiment("x")


def test_the_checkout_is_home_unless_the_package_ships_its_own(tmp_path, monkeypatch):
    assert catalogue.home() == HOME
    package = tmp_path / "site-packages" / "zoo"
    package.mkdir(parents=True)
    monkeypatch.setattr(catalogue, "__file__", str(package / "catalogue.py"))
    assert catalogue.home() == package.parent
    (package / "shipped").mkdir()
    assert catalogue.home() == package / "shipped"


@pytest.mark.parametrize(
    "arguments", [["list"], ["--version"], ["tour", "--only", "x"], ["board", "--runs_dir", "x"]]
)
def test_what_trains_nothing_answers_without_importing_torch(arguments):
    answer = python("-X", "importtime", "-m", "zoo", *arguments, package=HOME)
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in answer.stderr.splitlines()}
    assert "zoo" in imported
    assert not imported.intersection(SLOW)


def test_zoo_list_shows_every_name_question_and_law():
    answer = python("-m", "zoo", "list", package=HOME)
    assert answer.returncode == 0
    for experiment in EXPERIMENTS:
        assert f"{experiment.name}\n    {experiment.question}\n    Law: {experiment.law}\n" in answer.stdout


def test_a_wheel_runs_the_lessons_it_ships_from_any_folder_and_says_nothing_but_the_lesson(lesson, tmp_path):
    site = tmp_path / "site"
    shutil.copytree(HOME / "zoo", site / "zoo", ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("experiments", "configs"):
        shutil.copytree(tmp_path / part, site / "zoo" / "shipped" / part)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    answer = python("-m", "zoo", "run", "lesson", package=site, folder=elsewhere)
    assert answer.stderr == ""
    assert answer.returncode == 0
    assert "Where do three steps down a bowl lead?" in answer.stdout
    assert answer.stdout.count("holds") == 2
    assert "Lightning" not in answer.stdout
    assert (elsewhere / "runs" / "lesson" / "version_0" / "verdicts.json").is_file()
