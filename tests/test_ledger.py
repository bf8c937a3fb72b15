"""Every claim of the text, against the verdicts of the experiments as they are shipped."""

import pytest

from zoo import catalogue
from zoo.claims import read_verdicts
from zoo.ledger import LEDGER
from zoo.theory import taylor
from zoo.tour import conduct

CLAIMS = [claim for chapter in LEDGER.values() for claim in chapter]
NUMBERED = [pytest.param(claim, id=str(number)) for number, claim in enumerate(CLAIMS, start=1)]


@pytest.mark.parametrize("claim", NUMBERED)
def test_a_claim_is_decided_by_verdicts_that_are_run(claim, shipped):
    found = {}
    for experiment in {e.experiment for e in claim.evidence}:
        found |= read_verdicts(shipped(experiment).folder)
    assert [e.key for e in claim.evidence if e.key not in found] == []
    expected = "holds if" if claim.shown_by and claim.limited_by else "holds"
    assert claim.status(found) == (expected if claim.shown_by else "fails as stated")


def test_no_claim_is_made_twice():
    assert len({claim.says for claim in CLAIMS}) == len(CLAIMS)


def test_every_experiment_speaks_to_a_claim():
    named = {e.experiment for claim in CLAIMS for e in claim.evidence}
    assert named == {e.name for e in catalogue.experiments()}


def test_a_law_that_is_broken_breaks_its_claims_and_no_others(tmp_path, monkeypatch):
    def verdicts():
        typed = ["--brief=true", f"--runs_dir={tmp_path}"]
        return read_verdicts(conduct(catalogue.experiment("derivatives"), typed).folder)

    about = [c for c in CLAIMS if {e.experiment for e in c.evidence} == {"derivatives"}]
    whole = verdicts()
    assert "broken" not in {claim.status(whole) for claim in about}
    right = taylor.remainder
    monkeypatch.setattr(taylor, "remainder", lambda *form: 2 * right(*form))  # f″ h², without its half
    broken = verdicts()
    assert {c.says for c in about if c.status(broken) == "broken"} == {
        "It says by how much y changes: from x = 2 to 2.01, x² grows by 0.04."
    }
