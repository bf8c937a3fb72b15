"""Where tables are printed."""

from rich.console import Console


def terminal() -> Console:
    """The terminal, or where there is none a page wide enough for a table of verdicts."""
    console = Console()
    return console if console.is_terminal else Console(width=160)
