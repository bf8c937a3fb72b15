import io
import json
import math
import struct

import pytest
from matplotlib.figure import Figure
from rich.console import Console
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from zoo.report import Report, judged, markdown, stated, write_predictions, write_report
from zoo.verdict import Prediction, Verdict

NAN, INF = math.nan, math.inf


def verdict(key="slow.x", value=1.0, measured=1.0, **prediction):
    because = "for the test" if prediction.get("atol") else ""
    return Verdict(Prediction(key, "claim", value, "elementary", because=because, **prediction), measured)


def report(folder, *verdicts):
    return Report("lesson", folder, list(verdicts))


def strict(path):
    """The content of a file that is JSON to any reader: Python's own accepts NaN, others do not."""

    def refuse(constant):
        raise ValueError(f"{constant} is not JSON")

    return json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)


def printed(*tables, width=140):
    console = Console(width=width, file=io.StringIO())
    console.print(*tables, sep="\n")
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("measured", "holds", "status"),
    [([1.0], True, 0), ([1.0, 2.0], False, 1), ([], False, 1), ([NAN], False, 1)],
)
def test_a_report_holds_where_every_verdict_does_and_fails_with_status_1(tmp_path, measured, holds, status):
    one = report(tmp_path, *(verdict(measured=m) for m in measured))
    assert (one.holds, one.exit_code) == (holds, status)


def test_verdicts_are_written_as_json_that_every_reader_accepts(tmp_path):
    verdicts = [
        verdict("a", INF, NAN),
        verdict("b", -INF, -INF),
        verdict("c", 1.5, INF, atol=0.5),
        verdict("d", "adam", 3),
    ]
    write_report(report(tmp_path, *verdicts), 7, True, {})
    written = strict(tmp_path / "verdicts.json")
    assert (written["experiment"], written["seed"], written["holds"]) == ("lesson", 7, False)
    rows = [
        (v["key"], v["predicted"], v["measured"], v["tolerance"], v["holds"]) for v in written["verdicts"]
    ]
    assert rows == [
        ("a", "inf", "nan", 0.0, False),
        ("b", "-inf", "-inf", 0.0, True),
        ("c", 1.5, "inf", 0.5, False),
        ("d", "adam", 3, 0.0, False),
    ]


def test_predictions_are_written_in_their_order_and_as_json(tmp_path):
    write_predictions(tmp_path, [verdict("b", INF, relation="≤").prediction, verdict("a", 2).prediction])
    assert strict(tmp_path / "predictions.json")["predictions"] == [
        {"key": "b", "claim": "claim", "relation": "≤", "predicted": "inf"},
        {"key": "a", "claim": "claim", "relation": "=", "predicted": 2},
    ]


def test_letters_that_are_not_ascii_are_written_as_they_are(tmp_path):
    write_predictions(tmp_path, [Prediction("a", "‖δ‖ ≤ σ_w²", 1.0, "elementary")])
    assert "‖δ‖ ≤ σ_w²" in (tmp_path / "predictions.json").read_text(encoding="utf-8")


def test_tensorboard_has_the_verdicts_as_text_and_the_figures_as_images(tmp_path):
    figure = Figure(figsize=(2, 1))
    figure.add_subplot().plot([0, 1])
    write_report(report(tmp_path, verdict(measured=2.0)), 0, True, {"path": figure})
    events = EventAccumulator(str(tmp_path)).Reload()
    (text,) = events.Tensors("verdicts/text_summary")
    assert text.tensor_proto.string_val[0].decode() == markdown([verdict(measured=2.0)])
    (image,) = events.Images("path")
    assert image.width > image.height > 10


def test_a_figure_is_a_png_of_its_name_too(tmp_path):
    write_report(report(tmp_path), 0, True, {"path": Figure(figsize=(2, 1))})
    content = (tmp_path / "path.png").read_bytes()
    assert content.startswith(b"\x89PNG")
    assert struct.unpack(">II", content[16:24]) == (240, 120)  # inches × 120 dots


def test_markdown_has_a_table_a_variant_and_escapes_the_bars_of_formulas():
    verdicts = [
        verdict(relation="≤", atol=0.25),
        verdict("slow.y"),
        Verdict(Prediction("a.b", "|y|", 2, "x|y"), 3),
    ]
    slow, a = markdown(verdicts).split("\n\n### ")
    title, _, head, rule, *rows = slow.splitlines()
    assert title == "### slow"
    assert head.count("|") == rule.count("|") == 7
    assert rows == [
        "| claim | ≤ 1 | 1 | ± 0.25 | holds | elementary; for the test |",
        "| claim | 1 | 1 | exact | holds | elementary |",
    ]
    assert a.splitlines()[0] == "a"
    assert a.splitlines()[-1] == r"| \|y\| | 2 | 3 | exact | **FAILS** | x\|y |"


def test_the_terminal_shows_every_verdict_with_its_run_named_once():
    lines = printed(
        judged(
            [
                report(
                    None, verdict("slow.a"), verdict("slow.b", measured=2.0), verdict("fast.a", "adam", "sgd")
                )
            ]
        )
    ).splitlines()
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in lines if line.startswith("│")]
    assert rows == [
        ["slow", "claim", "1", "1", "exact", "elementary", "holds"],
        ["", "claim", "1", "2", "exact", "elementary", "FAILS"],
        ["fast", "claim", "adam", "sgd", "exact", "elementary", "FAILS"],
    ]


def test_a_narrow_terminal_cuts_no_name_and_no_number():
    name = "vanishing_loosely_clipped"
    far = Prediction(f"{name}.x", "how far the weights of all the layers move", 0.123456789, "elementary")
    long = Verdict(far, 2.0)
    lines = printed(judged([report(None, long, verdict("slow.a"))], width=80), width=80).splitlines()
    assert max(map(len, lines)) <= 80
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in lines if line.startswith("│")]
    assert [row[0] for row in rows if row[0] in (name, "slow")] == [name, "slow"]
    assert ["0.123457", "2", "exact", "FAILS"] in [row[1:] for row in rows]


def test_the_terminal_names_the_experiments_where_there_are_several():
    reports = [report(None, verdict()), Report("other", None, [verdict()])]
    assert "lesson" not in printed(judged(reports[:1]))
    both = printed(judged(reports))
    assert both.index("lesson") < both.index("other")
    assert both.count("holds") == 2


def test_a_report_without_verdicts_is_a_table_without_rows():
    assert printed(judged([])) == printed(judged([report(None)]))


def test_predictions_are_stated_with_their_relation_and_without_a_measurement():
    said = printed(
        stated([verdict(relation="≥", value=2.5).prediction, verdict("fast.x", "adam").prediction])
    )
    assert [line.split() for line in said.splitlines()[2:]] == [
        ["slow", "claim", "≥", "2.5"],
        ["fast", "claim", "adam"],
    ]


def test_a_formula_in_brackets_is_not_taken_for_markup():
    claims = [Prediction("a.b", "share in [0, 1] of [bold]", 1.0, "Smith [2]")]
    assert "share in [0, 1] of [bold]" in printed(stated(claims))
    assert "Smith [2]" in printed(judged([report(None, Verdict(claims[0], 1.0))]))
