"""The zoo's networks, an architecture a file.

    mlp        MLP: linear layers with one activation between them
    surfaces   Quadratic: a point on a bowl or a saddle

A config names them by import path: ``class_path: zoo.models.MLP``.
"""

from zoo.models.mlp import MLP
from zoo.models.surfaces import Quadratic

__all__ = ["MLP", "Quadratic"]
