import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["tour", "test"])
def test_ci_finds_the_command_that_it_runs(name):
    assert re.search(rf"<!-- ci: {name} -->\n```bash\n.+\n```", README)
    assert name in (ROOT / ".ci/run").read_text(encoding="utf-8")


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)]+)\)", README))))
def test_every_link_leads_somewhere(target):
    assert (ROOT / target).exists()


def test_the_callbacks_go_on_a_trainer_as_written(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (block,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    names = {}
    exec(block, names)
    kinds = [type(callback).__name__ for callback in names["trainer"].callbacks]
    assert {"GradientNormMonitor", "ClippingMonitor"} <= set(kinds)
