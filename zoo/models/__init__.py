"""The zoo's networks, an architecture a file.

    mlp        MLP: linear layers with one activation between them
    surfaces   Quadratic, Polynomial, Logistic: points on a surface, each its own lesson of descent

A config names them by import path: ``class_path: zoo.models.MLP``.
"""

from zoo.models.mlp import MLP
from zoo.models.surfaces import Logistic, Polynomial, Quadratic

__all__ = ["MLP", "Logistic", "Polynomial", "Quadratic"]
