import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

WORKER = Path(__file__).with_name("distributed_worker.py")
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What two processes have written that trained together, over gloo, each on half of the rows."""
    path = tmp_path_factory.mktemp("distributed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": "2", "NODE_RANK": "0"}
    environment = os.environ | shared | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    processes = [
        subprocess.Popen(
            [sys.executable, str(WORKER), str(rank), str(path)],
            env=environment | {"LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in range(2)
    ]
    said = [process.communicate(timeout=300)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], "\n".join(said)
    return path


@pytest.fixture(params=[0, 1], ids=["first process", "second process"])
def found(request, folder):
    return json.loads((folder / f"{request.param}.json").read_text(encoding="utf-8"))


def close(norms):
    # rel 1e-5: sums of float32 in another order, and two steps on them; the norms are above 0.1
    return {layer: pytest.approx(values, rel=1e-5) for layer, values in norms.items()}


def test_two_processes_measure_what_one_does_on_both_their_batches(found):
    assert found["together"] == close(found["alone"])
    assert {len(norms) for norms in found["together"].values()} == {2}


def test_norms_of_a_sharded_module_are_those_of_the_whole(found):
    assert found["sharded"] == close(found["whole"])


def test_only_the_first_process_logs_and_once(folder, found):
    assert len(list((folder / "logs").glob("events*"))) == 1
    points = EventAccumulator(str(folder / "logs")).Reload().Scalars("grad_norm/network.0")
    assert [point.step for point in points] == [0, 1]
    assert [point.value for point in points] == pytest.approx(found["together"]["network.0"], rel=1e-6)
