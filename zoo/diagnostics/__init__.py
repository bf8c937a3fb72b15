"""Callbacks for anyone's LightningModule, unchanged: what its gradients do while it trains.

gradient_norms  GradientNormMonitor: ‖∂L/∂θ‖ of every layer, and ‖∂L/∂h‖ where asked for
clipping        ClippingMonitor: what clipping leaves of every gradient's length and direction
trajectory      ParameterTrajectory: every point that training visits, for small problems
signals         SignalRecorder: the hooks that see ∂L/∂(a layer's output) and ∂L/∂(its input)
norms           layer_gradient_norms, total_norm: the same numbers without a Trainer
charts          Monitor, write_charts: points for any logger, charts for TensorBoard

They import torch and lightning, nothing of this package.
"""

from zoo.diagnostics.charts import Monitor, write_charts
from zoo.diagnostics.clipping import ClippingMonitor
from zoo.diagnostics.gradient_norms import GradientNormMonitor
from zoo.diagnostics.norms import layer_gradient_norms, total_norm
from zoo.diagnostics.signals import SignalRecorder
from zoo.diagnostics.trajectory import ParameterTrajectory

__all__ = [
    "ClippingMonitor",
    "GradientNormMonitor",
    "Monitor",
    "ParameterTrajectory",
    "SignalRecorder",
    "layer_gradient_norms",
    "total_norm",
    "write_charts",
]
