"""Softmax: from scores to a distribution. z is (N, C): N samples, C classes; g is of the shape of z.

Everything happens along the last axis, so any axes may stand in place of N.
"""

import torch
from torch import Tensor


def softmax(z: Tensor) -> Tensor:
    """pᵢ = e^zᵢ / Σⱼ e^zⱼ: positive, and 1 in total.

    A constant added to all of z cancels, and the largest z is subtracted first: then
    the largest exponential is e⁰ = 1, and none overflows.
    """
    e = torch.exp(_shifted(z))
    return e / e.sum(dim=-1, keepdim=True)


def softmax_vjp(g: Tensor, z: Tensor) -> tuple[Tensor]:
    """∂L/∂zᵢ = pᵢ (gᵢ − Σⱼ gⱼ pⱼ), which is (diag(p) − ppᵀ) g without the matrix.

    Only the excess of g over its mean under p passes: a g equal in all classes gives 0,
    as a p that always sums to 1 must.
    """
    p = softmax(z)
    return (p * (g - (g * p).sum(dim=-1, keepdim=True)),)


def softmax_jacobian(z: Tensor) -> Tensor:
    """J = ∂p/∂z = diag(p) − ppᵀ, of shape (N, C, C).

    It is symmetric, and vᵀJv is the variance of v under p: no eigenvalue is negative,
    and none exceeds ½ (Popoviciu). The constant vector has no variance: J 1 = 0.
    It is also the Hessian of the cross-entropy of logits z, whatever the true class.
    """
    p = softmax(z)
    return torch.diag_embed(p) - torch.einsum("...i,...j->...ij", p, p)


def log_softmax(z: Tensor) -> Tensor:
    """(ln p)ᵢ = zᵢ − ln Σⱼ e^zⱼ: finite even where pᵢ itself rounds to 0."""
    shifted = _shifted(z)
    return shifted - torch.log(torch.exp(shifted).sum(dim=-1, keepdim=True))


def log_softmax_vjp(g: Tensor, z: Tensor) -> tuple[Tensor]:
    """∂L/∂zᵢ = gᵢ − pᵢ Σⱼ gⱼ."""
    return (g - softmax(z) * g.sum(dim=-1, keepdim=True),)


def _shifted(z: Tensor) -> Tensor:
    """(z − max z) along the last axis; the shift cancels in softmax, so no gradient flows through it."""
    return z - z.detach().amax(dim=-1, keepdim=True)
