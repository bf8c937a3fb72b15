import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from zoo import catalogue
from zoo.tour import conduct


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    arguments = [
        "--only=gradient_descent,heavy_ball",
        "--brief=true",
        f"--runs_dir={tmp_path_factory.mktemp('runs')}",
    ]
    return conduct(catalogue.experiment("saddle_escape"), arguments)


def settings_of(folder):
    """The hyperparameters that TensorBoard's plugin reads from a run."""
    accumulator = EventAccumulator(str(folder))
    accumulator.Reload()
    (content,) = [
        data for tag, data in accumulator.summary_metadata.items() if tag == "_hparams_/session_start_info"
    ]
    found = HParamsPluginData.FromString(content.plugin_data.content).session_start_info.hparams
    return {
        key: value.WhichOneof("kind") and getattr(value, value.WhichOneof("kind"))
        for key, value in found.items()
    }


def metrics_of(folder):
    accumulator = EventAccumulator(str(folder))
    accumulator.Reload()
    tags = [tag for tag in accumulator.Tags()["scalars"] if tag.startswith("verdict/")]
    return {tag: accumulator.Scalars(tag)[-1].value for tag in tags}


def test_only_what_varies_is_compared(report):
    assert settings_of(report.folder / "gradient_descent") == {"model.optimizer.momentum": 0.0}
    assert settings_of(report.folder / "heavy_ball") == {"model.optimizer.momentum": 0.9}


def test_each_run_has_its_own_measurement(report):
    assert metrics_of(report.folder / "gradient_descent") == {"verdict/holding": 1, "verdict/steps": 145}
    assert metrics_of(report.folder / "heavy_ball") == {"verdict/holding": 1, "verdict/steps": 52}


def test_a_single_run_is_known_by_its_seed(tmp_path):
    arguments = ["--only=heavy_ball", "--brief=true", f"--runs_dir={tmp_path}", "--seed_everything=3"]
    report = conduct(catalogue.experiment("saddle_escape"), arguments)
    assert settings_of(report.folder / "heavy_ball") == {"seed": 3.0}


def test_a_run_whose_only_verdict_is_a_word_has_a_row_too(tmp_path):
    arguments = ["--only=unclipped", "--brief=true", f"--runs_dir={tmp_path}"]
    report = conduct(catalogue.experiment("gradient_clipping"), arguments)
    assert metrics_of(report.folder / "unclipped") == {"verdict/holding": 1}
