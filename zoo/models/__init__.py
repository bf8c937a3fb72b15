"""The zoo's networks, an architecture a file.

    mlp        MLP: linear layers with one activation between them
    output     Output: the end of a network alone, moved by a loss
    surfaces   Surface: points to walk on; Quadratic, Polynomial, Logistic, each its own lesson of descent
    xor        XorNetworks: many small networks side by side, and the loss that each has on XOR

A config names them by import path: ``class_path: zoo.models.MLP``.
"""

from zoo.models.mlp import MLP
from zoo.models.output import Output
from zoo.models.surfaces import Logistic, Polynomial, Quadratic
from zoo.models.xor import XorNetworks

__all__ = ["MLP", "Logistic", "Output", "Polynomial", "Quadratic", "XorNetworks"]
