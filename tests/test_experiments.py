"""Every experiment at its own config: its verdicts hold, and what it promises is left behind."""

import ast
import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from zoo import catalogue
from zoo.theory import saddle
from zoo.tour import conduct

HOME = Path(__file__).parents[1]
EXPERIMENTS = [pytest.param(e, id=e.name) for e in catalogue.experiments()]
HIDDEN = [f"network.hidden.{i}" for i in range(20)]

# What one variant of an experiment that trains leaves in TensorBoard: its layers, and tags of its own.
CURVES = {
    "gradient_descent": ("bowl", ["surface"], {"loss/height"}),
    "linear_regression": ("raw_features", ["network"], {"loss/train"}),
    "backpropagation": (
        "by_hand",
        [*HIDDEN[:3], "network.output"],
        {"loss/train", "accuracy/validation"},
    ),
    "activations": ("gelu", [*HIDDEN[:3], "network.output"], {"loss/train", "accuracy/validation"}),
    "vanishing_gradients": (
        "sigmoid_20",
        [*HIDDEN, "network.output"],
        {f"{scale}signal_norm/{layer}" for scale in ("", "log10_") for layer in HIDDEN},
    ),
    "gradient_clipping": (
        "by_norm",
        [*HIDDEN[:10], "network.output"],
        {"clipping/norm_before", "clipping/norm_after", "clipping/coefficient", "clipping/angle_degrees"},
    ),
    "clipping_angle": ("two_weights_by_value", ["surface"], {"clipping/angle_degrees"}),
    "saddle_escape": ("heavy_ball", ["surface"], {"loss/height"}),
    "learning_rate": ("small_rate", ["surface"], {"loss/height"}),
    "learning_rate_limit": ("right", ["network"], {"loss/train"}),
    "sublinear_convergence": ("no_bottom", ["surface"], {"loss/height"}),
    "stochastic_gradient_descent": ("mini_batch", ["MeanEstimator"], {"weights/mean", "weights/std"}),
    "terminal_velocity": ("heavy_ball", ["surface"], {"loss/height"}),
    "momentum": ("heavy_ball", ["surface"], {"loss/height"}),
    "critical_damping": ("underdamped", ["surface"], {"loss/height"}),
    "losses": ("cross_entropy", ["surface"], {"loss/height"}),
    "softmax": ("digits", ["network"], {"loss/train", "accuracy/validation"}),
    "training_workflow": (
        "training",
        ["network.hidden.0", "network.hidden.1", "network.output"],
        {"loss/train", "accuracy/validation"},
    ),
    "local_minima": ("basins", ["surface"], {"loss/height"}),
    "sharp_minima": ("large_rate", ["surface"], {"loss/height"}),
    "shallow_well": ("momentum", ["surface"], {"loss/height"}),
    "stuck_networks": ("two_units", ["surface"], {"loss/height"}),
    "loss_landscape": ("network", ["network.hidden.0", "network.output"], {"loss/train"}),
}


def run(name, folder, typed=""):
    """The report of an experiment, conducted as the tour does."""
    return conduct(catalogue.experiment(name), ["--brief=true", f"--runs_dir={folder}", *typed.split()])


def events(folder):
    """What TensorBoard reads from a folder; it fails on a file that it cannot read."""
    assert list(folder.glob("events.out.tfevents.*"))
    return EventAccumulator(str(folder)).Reload()


@pytest.fixture(params=[e.name for e in catalogue.experiments()])
def own(request, shipped):
    """The report of an experiment at its own config."""
    return shipped(request.param)


def test_every_source_that_a_verdict_names_is_listed_with_its_title(own):
    listed = (HOME / "docs" / "sources.md").read_text(encoding="utf-8")
    cited = {
        match[0]
        for verdict in own.verdicts
        for match in re.finditer(r"[A-Z]\S+(?: & [A-Z]\S+| et al\.)? \d{4}", verdict.prediction.source)
    }
    assert [source for source in sorted(cited) if f"**{source}" not in listed] == []


@pytest.fixture(params=CURVES)
def trained(request, shipped):
    """The same, of an experiment that trains."""
    return shipped(request.param)


def test_every_verdict_holds_at_the_experiments_own_config(own):
    assert [str(verdict) for verdict in own.verdicts if not verdict.holds] == []
    assert own.holds
    assert own.exit_code == 0


def test_predictions_verdicts_config_and_a_figure_are_left_behind(own):
    predictions = json.loads((own.folder / "predictions.json").read_text())["predictions"]
    verdicts = json.loads((own.folder / "verdicts.json").read_text())
    assert [p["key"] for p in predictions] == [v["key"] for v in verdicts["verdicts"]]
    assert [p["predicted"] for p in predictions] == [v["predicted"] for v in verdicts["verdicts"]]
    assert (verdicts["experiment"], verdicts["holds"], verdicts["seed"]) == (own.experiment, True, 0)
    assert yaml.safe_load((own.folder / "config.yaml").read_text())["seed_everything"] == 0
    (png,) = own.folder.glob("*.png")
    low, high = Image.open(png).convert("L").getextrema()
    assert low < 100 < 200 < high  # there is something on the page


def test_tensorboard_has_the_verdicts_as_text_and_the_figure(own):
    read = events(own.folder)
    text = read.Tensors("verdicts/text_summary")[0].tensor_proto.string_val[0].decode()
    assert text.count("| holds |") == len(own.verdicts)
    assert all(v.prediction.claim.replace("|", "\\|") in text for v in own.verdicts)
    (png,) = own.folder.glob("*.png")
    assert [image.width > 500 for image in read.Images(png.stem)] == [True]


def test_tensorboard_has_every_variant_with_its_layers_in_one_chart(trained):
    config = yaml.safe_load((trained.folder / "config.yaml").read_text())
    folders = {path.name: path for path in trained.folder.iterdir() if path.is_dir()}
    assert set(folders) == set(config["variants"])
    for read in map(events, folders.values()):
        chart = read.Tensors("custom_scalars__config__")[0].tensor_proto.string_val[0]
        assert b"^log10_grad_norm/" in chart
        assert any(tag.startswith("grad_norm/") for tag in read.Tags()["scalars"])


def test_tensorboard_has_a_row_of_hparams_for_every_variant(trained):
    folders = [path for path in trained.folder.iterdir() if path.is_dir()]
    rows = [events(folder).PluginTagToContent("hparams") for folder in folders]
    assert all("_hparams_/session_start_info" in row for row in rows)


def test_tensorboard_has_the_curves_that_the_lesson_speaks_of(trained):
    variant, layers, tags = CURVES[trained.experiment]
    read = events(trained.folder / variant)
    tags = tags | {f"{scale}grad_norm/{layer}" for layer in layers for scale in ("", "log10_")}
    assert tags <= set(read.Tags()["scalars"])
    assert all(len(read.Scalars(tag)) > 0 for tag in tags)


def test_every_experiment_that_trains_has_its_curves_named_here():
    trains = {e.name for e in catalogue.experiments() if "ExperimentCLI" in e.script.read_text()}
    assert trains == set(CURVES)


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_a_lesson_names_its_command_and_the_readme_the_lesson(experiment):
    lesson = ast.get_docstring(ast.parse(experiment.script.read_text()))
    assert f"    python experiments/{experiment.name}.py\n" in lesson
    readme = (HOME / "README.md").read_text()
    assert f"experiments/{experiment.name}.py" in readme
    assert f"zoo run {experiment.name}" in readme


def test_the_same_seed_gives_the_same_measurements_to_the_last_bit(tmp_path):
    typed = "--only sigmoid_10,relu_20_he --model.network.depth 4 --trainer.max_steps 2 --seed_everything"
    first, again, other = (
        [v.measured for v in run("vanishing_gradients", tmp_path, f"{typed} {seed}").verdicts]
        for seed in (1, 1, 2)
    )
    assert first == again
    assert not set(first) & set(other)


def test_a_script_runs_from_any_folder_and_says_nothing_but_its_lesson(tmp_path):
    script = HOME / "experiments" / "saddle_escape.py"
    command = [sys.executable, str(script), "--only", "gradient_descent"]
    environment = os.environ | {"PYTHONPATH": str(HOME)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Verdicts" in done.stdout
    assert re.search(r"│ gradient_descent .*│ +145 │ +145 │ +exact │.*│ holds +│", done.stdout)
    assert (tmp_path / "runs" / "saddle_escape" / "version_0" / "verdicts.json").is_file()


def test_a_script_exits_with_1_if_a_verdict_fails(tmp_path, monkeypatch):
    right = saddle.escape_steps
    monkeypatch.setattr(saddle, "escape_steps", lambda *start, **form: right(*start, **form) + 1)
    typed = ["--only=gradient_descent", "--brief=true", f"--runs_dir={tmp_path}"]
    monkeypatch.setattr(sys, "argv", ["saddle_escape.py", *typed])
    with pytest.raises(SystemExit) as leaving:
        runpy.run_path(str(HOME / "experiments" / "saddle_escape.py"), run_name="__main__")
    assert leaving.value.code == 1
