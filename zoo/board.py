"""TensorBoard on the runs, on this machine only."""

import socket
import subprocess
import sys
from pathlib import Path

HOST = "127.0.0.1"


def board(runs_dir: str, port: int) -> int:
    """Run TensorBoard on ``runs_dir`` until Ctrl-C; returns its exit status.

    Args:
        runs_dir: the folder of runs.
        port: the port to try first; if it is taken, another is picked and named.

    Raises:
        ValueError: there is no such folder, or no such port.
    """
    if not Path(runs_dir).is_dir():
        raise ValueError(f"runs_dir is {runs_dir!r}, which is no folder; zoo tour makes one")
    free = free_port(port)
    if free != port:
        print(f"port {port} is taken; using {free} instead")
    print(f"TensorBoard on {runs_dir}: http://{HOST}:{free}   (Ctrl-C stops it)", flush=True)
    command = [
        sys.executable,
        "-m",
        "tensorboard.main",
        "--logdir",
        runs_dir,
        "--host",
        HOST,
        "--port",
        str(free),
    ]
    return subprocess.run(command, check=False).returncode


def free_port(wanted: int) -> int:
    """The wanted port if nothing listens on it, else one that the system picks.

    Raises:
        ValueError: wanted is not from 1 to 65535.
    """
    if not 1 <= wanted <= 65535:
        raise ValueError(f"port is {wanted}; choose 1 to 65535")
    for port in (wanted, 0):
        with socket.socket() as probe:
            # As servers do: a port that a stopped one left in TIME_WAIT is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ValueError(f"port {wanted} is taken, and the system has no other")
