from itertools import islice

import matplotlib
import pytest

from zoo.figures import COLOURS, compare, legend, panels, styles


@pytest.fixture(autouse=True)
def _no_window():
    matplotlib.use("agg")


def test_a_figure_has_a_panel_a_title():
    figure, axes = panels("left", "right", width=4, height=3)
    assert [a.get_title() for a in axes] == ["left", "right"]
    assert figure.get_size_inches().tolist() == [8, 3]


def test_no_two_of_the_first_sixty_series_look_alike():
    looks = [tuple(style.values()) for style in islice(styles(), 60)]
    assert len(set(looks)) == 60


def test_the_first_series_differ_in_colour():
    assert [style["color"] for style in islice(styles(), len(COLOURS))] == list(COLOURS)


def test_markers_are_measured_and_the_line_is_predicted():
    _, (axes,) = panels("one")
    measured, predicted = [(0, 1.0), (1, 2.0)], [(0, 1.5), (1, 2.5), (2, 3.5)]
    compare(axes, "label", next(styles()), measured, predicted)
    markers, line = axes.lines
    assert markers.get_xydata().tolist() == [list(point) for point in measured]
    assert markers.get_linestyle() == "None"
    assert line.get_xydata().tolist() == [list(point) for point in predicted]
    assert line.get_marker() == "None"
    assert markers.get_color() == line.get_color()


def test_of_a_long_series_about_25_markers_are_drawn():
    _, (axes,) = panels("one")
    compare(axes, "label", next(styles()), [(k, 1.0) for k in range(1000)])
    assert 20 <= 1000 / axes.lines[0].get_markevery() <= 30


def test_the_legend_names_the_series_and_says_what_the_marks_are():
    figure, (axes,) = panels("one")
    compare(axes, "a run", next(styles()), [(0, 1.0)])
    legend(figure, axes, "markers: measured")
    (found,) = figure.legends
    assert found.get_title().get_text() == "markers: measured"
    assert [text.get_text() for text in found.get_texts()] == ["a run"]
