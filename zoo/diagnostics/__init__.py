"""Callbacks for anyone's LightningModule, unchanged: what its gradients do while it trains.

gradient_norms  GradientNormMonitor: ‖∂L/∂θ‖ of every layer, and ‖∂L/∂h‖ where asked for
loss            LossMonitor: the loss whose gradient every step takes
clipping        ClippingMonitor: what clipping leaves of every gradient's length and direction
nonfinite       NonFiniteMonitor: which tensor was the first with NaN or infinity
update_ratio    UpdateRatioMonitor: how far every step moves the weights, in units of their own length
trajectory      ParameterTrajectory: every point that training visits, for small problems
signals         SignalRecorder: the hooks that see ∂L/∂(a layer's output) and ∂L/∂(its input)
layers          layer_gradient_norms, total_norm: the same numbers without a Trainer; what counts as a layer
monitor         Monitor: records on the device, read and logged a block at a time; for one of your own
charts          write_charts: charts for TensorBoard
loggers         PointWriter: points of many steps, for any logger
records         ScalarRecords: the same as records of a TensorBoard event file
norms           norm: ‖v‖ of one tensor, of any kind and size
sharded         exact_norms: of several, also of those that are distributed over processes
kernel          Norms: many norms at once, at about the cost of reading the tensors
rows            History, group_norms: rows of norms, read back
block           Block: rows of numbers that stay on the device until they are asked for

They import torch and lightning, nothing of this package.
"""

from zoo.diagnostics.charts import write_charts
from zoo.diagnostics.clipping import ClippingMonitor
from zoo.diagnostics.gradient_norms import GradientNormMonitor
from zoo.diagnostics.layers import layer_gradient_norms, layers, parameter_groups, total_norm
from zoo.diagnostics.loss import LossMonitor
from zoo.diagnostics.monitor import Monitor
from zoo.diagnostics.nonfinite import NonFiniteMonitor
from zoo.diagnostics.signals import SignalRecorder
from zoo.diagnostics.trajectory import ParameterTrajectory
from zoo.diagnostics.update_ratio import UpdateRatioMonitor

__all__ = [
    "ClippingMonitor",
    "GradientNormMonitor",
    "LossMonitor",
    "Monitor",
    "NonFiniteMonitor",
    "ParameterTrajectory",
    "SignalRecorder",
    "UpdateRatioMonitor",
    "layer_gradient_norms",
    "layers",
    "parameter_groups",
    "total_norm",
    "write_charts",
]
