"""The optimizer of a run: in a few words, and as the laws of momentum take it."""

from typing import Any

from zoo.run import Run


def in_words(run: Run[Any]) -> str:
    """Its name, η and β; with momentum, in which form it is: "heavy ball, η = 0.01, β = 0.9".

    Momentum is PyTorch's, v ← βv + (1 − d)g and w ← w − ηv; with a dampening d it is called averaged.
    """
    o = run.optimizer
    if not o.get("momentum"):
        return f"{'gradient descent' if o['name'] == 'SGD' else o['name']}, η = {o['lr']:.4g}"
    kind = "Nesterov" if o["nesterov"] else "averaged momentum" if o["dampening"] else "heavy ball"
    return f"{kind}, η = {o['lr']:.4g}, β = {o['momentum']:.4g}"


def momentum_form(run: Run[Any]) -> dict[str, Any]:
    """β, d and whether it is Nesterov's, by the names that the laws give them; 0 where there is none."""
    return {key: run.optimizer.get(key, 0) for key in ("momentum", "dampening", "nesterov")}
