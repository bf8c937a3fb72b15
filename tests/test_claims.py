import io
import json

import pytest
from rich.console import Console

from zoo.claims import Claim, answer, by, confirms, counted, latest_verdicts, listed


def row(measured=1.0, holds=True, tolerance=0.0, key="run.x"):
    return {"key": key, "measured": measured, "holds": holds, "tolerance": tolerance}


def verdicts(**rows):
    return {f"lesson:{key}": value for key, value in rows.items()}


A, B = by("lesson:a"), by("lesson:b")


@pytest.mark.parametrize(
    ("claim", "a", "b", "status"),
    [
        (Claim("c", (A,)), True, True, "holds"),
        (Claim("c", (A,), (B,), "t"), True, True, "holds if"),
        (Claim("c", (), (B,), "t"), True, True, "fails as stated"),
        (Claim("c", (A,)), False, True, "broken"),
        (Claim("c", (A,), (B,), "t"), True, False, "broken"),
        (Claim("c", (), (B,), "t"), True, False, "broken"),
        (Claim("c"), True, True, "not measured"),
        (Claim("c", (by("lesson:z"),)), True, True, "not measured"),
        (Claim("c", (by("lesson:z"), A)), True, True, "not measured"),
        (Claim("c", (by("lesson:z"), A)), False, True, "broken"),  # what has failed needs no other verdict
    ],
)
def test_a_status_follows_from_the_verdicts_beside_the_claim(claim, a, b, status):
    assert claim.status(verdicts(a=row(holds=a), b=row(holds=b))) == status


@pytest.mark.parametrize(
    ("measured", "tolerance", "number", "within", "confirmed"),
    [
        (4.0, 0.0, 4, 0.0, True),
        (4.0 + 1e-10, 0.0, 4, 0.0, True),  # float64 has its own last digit
        (4.001, 0.0, 4, 0.0, False),
        (4.001, 0.01, 4, 0.0, True),
        (4.02, 0.01, 4, 0.0, False),
        (0.0401, 0.0, 0.04, 0.0001, True),
        (0.0401, 0.0, 0.04, 0.00005, False),
        (145, 0.0, 145, 0.0, True),
        (146, 0.0, 145, 0.0, False),
        ("rises", 0.0, "rises", 0.0, True),
        ("falls", 0.0, "rises", 0.0, False),
        (7.0, 0.0, None, 0.0, True),
        (float("nan"), 0.0, 4, 0.0, False),
    ],
)
def test_a_verdict_confirms_the_number_that_the_text_has(measured, tolerance, number, within, confirmed):
    found = row(measured, tolerance=tolerance)
    assert confirms(found, by("lesson:a", number, within)) is confirmed
    assert not confirms(found | {"holds": False}, by("lesson:a", number, within))


@pytest.mark.parametrize("parts", [((A,), (B,), ""), ((A,), (), "but")])
def test_what_limits_a_claim_and_what_is_true_instead_belong_together(parts):
    with pytest.raises(ValueError, match="belong together"):
        Claim("c", *parts)


def test_statuses_are_counted():
    claims = [Claim("c", (A,)), Claim("d", (A,)), Claim("e", (), (B,), "t"), Claim("f")]
    assert counted(claims, verdicts(a=row(), b=row())) == {
        "holds": 2,
        "fails as stated": 1,
        "not measured": 1,
    }


def write(folder, rows, as_shipped=True):
    folder.mkdir(parents=True)
    report = {"experiment": "lesson", "as_shipped": as_shipped, "verdicts": rows}
    (folder / "verdicts.json").write_text(json.dumps(report))


def test_the_newest_run_as_shipped_speaks_for_each_key(tmp_path):
    lesson = tmp_path / "lesson"
    write(lesson / "version_2", [row(2, key="a"), row(2, key="b")])
    write(lesson / "version_10", [row(10, key="a")])  # --only
    write(lesson / "version_11", [row(11, key="a")], as_shipped=False)
    (lesson / "version_12").mkdir()  # interrupted
    found = latest_verdicts(tmp_path, ["lesson", "another"])
    assert {key: verdict["measured"] for key, verdict in found.items()} == {"lesson:a": 10, "lesson:b": 2}


@pytest.mark.parametrize(
    "content",
    [b"{", b"[]", b"\xff", b'{"as_shipped": true}', b'{"as_shipped": true, "verdicts": 3}'],
)
def test_a_file_that_is_no_report_says_nothing(tmp_path, content):
    (tmp_path / "lesson" / "version_0").mkdir(parents=True)
    (tmp_path / "lesson" / "version_0" / "verdicts.json").write_bytes(content)
    assert latest_verdicts(tmp_path, ["lesson"]) == {}


def test_each_number_stands_in_the_line_of_its_verdict():
    page = io.StringIO()
    claim = Claim("c", (A, B))
    Console(file=page, width=120).print(listed({"One": [claim]}, verdicts(a=row(0.25), b=row("falls"))))
    lines = page.getvalue().splitlines()
    assert any("0.25" in line and "lesson:a" in line for line in lines)
    assert any("falls" in line and "lesson:b" in line for line in lines)


def test_the_table_has_every_claim_with_its_number_its_status_and_what_is_true():
    chapters = {"One": [Claim("x is 1", (A,))], "Two": [Claim("y is [red]2", (A,), (B,), "if z")]}
    page = io.StringIO()
    Console(file=page, width=120).print(listed(chapters, verdicts(a=row(0.25), b=row("falls"))))
    text = page.getvalue()
    for word in (
        "One",
        "Two",
        "x is 1",
        "y is [red]2",
        "if z",
        "holds if",
        "0.25",
        "falls",
        "lesson:b",
        " 2 ",
    ):
        assert word in text


def test_the_answer_is_1_where_a_claim_is_broken_and_0_where_none_is(tmp_path, capsys):
    chapters = {"One": [Claim("x is 1", (A,)), Claim("y is 2", (B,))]}
    assert answer(chapters, tmp_path) == 0
    assert "2 claims: 2 not measured" in capsys.readouterr().out
    write(tmp_path / "lesson" / "version_0", [row(key="a"), row(key="b", holds=False)])
    assert answer(chapters, tmp_path) == 1
    assert "2 claims: 1 holds, 1 broken" in capsys.readouterr().out


def test_open_claims_are_those_without_a_verdict(capsys, tmp_path):
    assert answer({"One": [Claim("x", (A,)), Claim("nobody knows")]}, tmp_path, only_open=True) == 0
    assert capsys.readouterr().out == "nobody knows\n"
    assert answer({"One": [Claim("x", (A,))]}, tmp_path, only_open=True) == 0
    assert capsys.readouterr().out == "no claim is open: an experiment speaks to each\n"
