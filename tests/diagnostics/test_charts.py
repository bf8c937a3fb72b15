import json
import warnings

import pytest
from lightning.pytorch.loggers import CSVLogger
from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.context import RequestContext
from tensorboard.plugins.base_plugin import TBContext
from tensorboard.plugins.custom_scalar import layout_pb2
from torch import nn

from zoo.diagnostics import ClippingMonitor, GradientNormMonitor, Monitor, write_charts

TAG = "custom_scalars__config__"
WEIGHTS, SIGNALS = "log10 ‖∂L/∂W‖, every layer", "log10 ‖∂L/∂h‖, every layer"
CLIPPING = ["norm before and after", "coefficient"]


@pytest.fixture
def train(task, fit, tensorboard):
    def run(*callbacks):
        module = task(nn.Sequential(nn.Linear(1, 2), nn.Linear(2, 1)), lambda net, x: net(x).sum())
        return fit(module, *callbacks, logger=tensorboard, gradient_clip_val=1.0)

    return run


def titles(written):
    """Category → titles, of the one layout that was written."""
    (event,) = written.Tensors(TAG)
    layout = layout_pb2.Layout.FromString(event.tensor_proto.string_val[0])
    return {category.title: [chart.title for chart in category.chart] for category in layout.category}


def test_the_first_monitor_writes_the_charts_of_all_once(train, events):
    train(GradientNormMonitor(signals=True), ClippingMonitor())
    assert titles(events()) == {"Gradients": [WEIGHTS, SIGNALS], "Clipping": CLIPPING}


def test_charts_of_signals_are_written_only_with_signals(train, events):
    train(GradientNormMonitor(), GradientNormMonitor(every_n_steps=2))
    assert titles(events()) == {"Gradients": [WEIGHTS]}
    assert GradientNormMonitor().charts != GradientNormMonitor(signals=True).charts


def test_anyones_monitor_brings_its_own_charts(train, events):
    class Anyones(Monitor):
        charts = {"Clipping": {"angle": ["^clipping/angle"]}, "Loss": {"all": ["^loss/"]}}  # noqa: RUF012

    train(ClippingMonitor(), Anyones())
    assert titles(events()) == {"Clipping": [*CLIPPING, "angle"], "Loss": ["all"]}


def test_without_a_monitor_nothing_is_written(train, events):
    write_charts(train(), [])
    assert TAG not in events().Tags()["tensors"]


@pytest.fixture
def tab(tensorboard, events):
    """TensorBoard's own tab "Custom Scalars", on what was logged."""

    def load():
        with warnings.catch_warnings():
            warnings.filterwarnings(
                "ignore", "html5lib's sanitizer is deprecated"
            )  # TensorBoard carries it along
            from tensorboard.plugins.custom_scalar.custom_scalars_plugin import CustomScalarsPlugin
            from tensorboard.plugins.scalar.scalars_plugin import ScalarsPlugin
        events()
        multiplexer = EventMultiplexer().AddRun(tensorboard.log_dir, "run").Reload()
        provider = MultiplexerDataProvider(multiplexer, tensorboard.log_dir)
        scalars = ScalarsPlugin(TBContext(data_provider=provider))
        return CustomScalarsPlugin(
            TBContext(data_provider=provider, plugin_name_to_instance={"scalars": scalars})
        )

    return load


def test_tensorboard_draws_the_tags_that_each_chart_is_for(train, tab):
    train(GradientNormMonitor(signals=True), ClippingMonitor())
    plugin, request, drawn = tab(), RequestContext(), {}
    for category in json.loads(plugin.layout_impl(request, ""))["category"]:
        for chart in category["chart"]:
            (expression,) = chart["multiline"]["tag"]
            answer = plugin.scalars_impl(request, "run", expression, "")
            assert answer["regex_valid"]
            drawn[chart["title"]] = set(answer["tag_to_events"])
    assert drawn == {
        WEIGHTS: {"log10_grad_norm/network.0", "log10_grad_norm/network.1"},
        SIGNALS: {"log10_signal_norm/network.0", "log10_signal_norm/network.1"},
        "norm before and after": {"clipping/norm_before", "clipping/norm_after"},
        "coefficient": {"clipping/coefficient"},
    }


def test_a_logger_without_charts_is_let_be(task, fit, tmp_path):
    monitor = ClippingMonitor()
    fit(task(nn.Linear(1, 1), lambda net, x: net(x).sum()), monitor, logger=CSVLogger(tmp_path))
    assert monitor.steps == [0, 1]
