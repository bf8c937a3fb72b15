import pytest

SETTINGS = [
    "--seed_everything 1 --point [-0.7,1.9]",
    "--seed_everything 2 --only form,pass --point [3.0,-2.0] --directions 90",
    "--only cubic --terms [[0.5,3,0],[-2.0,1,1],[1.5,0,4],[7.0,0,0]] --point [0.8,-1.1] --directions 500",
    "--only pass --point [-1.0,0.0]",  # the gradient points to 180°, where angles begin anew
    "--only one_sample,counted_in_tenths --directions 720",
    "--only form --point [3,0] --directions 725",  # no direction leads into a corner of the box
    "--only pass --point [2,1] --directions 725",
]
FORM = {
    f"form.{key}"
    for key in ("height", "dx", "dy", "cosine", "alone", "angle", "euclidean", "largest", "sum", "turned")
}


@pytest.mark.parametrize("typed", SETTINGS)
def test_all_verdicts_hold_at_other_points_of_other_functions(typed, failures):
    assert failures(typed) == set()


def test_a_variable_that_is_not_held_fails(script, failures, monkeypatch):
    right = script.partials.gradient
    monkeypatch.setattr(script.partials, "gradient", lambda *where: (sum(right(*where)), right(*where)[1]))
    expected = FORM - {"form.height", "form.dy", "form.angle"}
    assert failures("--only form,one_sample") == expected | {"one_sample.dx"}


def test_a_gradient_with_its_entries_exchanged_fails(script, failures, monkeypatch):
    right = script.partials.gradient
    monkeypatch.setattr(script.partials, "gradient", lambda *where: right(*where)[::-1])
    swapped = {"form.dx", "form.dy", "form.cosine"}  # (4, 5) is as long as (5, 4)
    assert failures("--only form") == swapped


def test_another_length_than_the_euclidean_has_another_steepest_slope(script, failures, monkeypatch):
    right = script.partials.steepest_slope
    monkeypatch.setattr(script.partials, "steepest_slope", lambda g, norm: right(g, "euclidean"))
    assert failures("--only form") == {"form.largest", "form.sum"}


def test_autograd_that_turns_the_gradient_by_a_degree_fails(script, failures, monkeypatch):
    right = script.by_autograd
    turn = script.tensor([[0.99985, -0.01745], [0.01745, 0.99985]])
    monkeypatch.setattr(script, "by_autograd", lambda s: turn @ right(s))
    assert failures("--only form") == {"form.dx", "form.dy", "form.angle", "form.turned"}


def test_a_surface_that_is_not_the_polynomial_fails(script, failures, monkeypatch):
    right = script.Settings.f
    monkeypatch.setattr(script.Settings, "f", lambda s, p: right(s, p) + 2 * p[:, 0])
    assert failures("--only form") == FORM - {"form.dy", "form.angle"}


def test_slopes_of_steps_that_go_the_other_way_fail(script, failures, monkeypatch):
    right = script.slopes
    monkeypatch.setattr(script, "slopes", lambda s, u: -right(s, u))
    assert failures("--only form") == {"form.cosine", "form.alone", "form.angle", "form.turned"}


def test_on_the_opposite_side_the_gradient_points_the_opposite_way(measured):
    found = measured("--only form --point '[-1, -2]'")
    assert (found["form.dx"], found["form.dy"]) == (-4, -5)


def test_at_the_bottom_no_steepest_direction_is_claimed(measured):
    assert set(measured("--only form --point '[0, 0]'")) == {
        "form.height",
        "form.dx",
        "form.dy",
        "form.cosine",
    }


def test_where_no_directions_are_tried_partial_derivatives_are_all_that_is_claimed(measured):
    assert set(measured("--only form --directions 0")) == {"form.height", "form.dx", "form.dy"}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("--only form --point [1.0]", ["point is [1.0]", "[x, y]"]),
        ("--only form --point [1.0e200,1.0]", ["too large", "1e+200"]),
        ("--only form --point [.nan,1.0]", ["point has nan", "a finite number"]),
        ("--only form --terms [[.inf,1,0]]", ["terms has inf", "a finite number"]),
        ("--only form --terms '[]'", ["terms is []", "choose one or more"]),
        ("--only form --terms [[0.0,3,3]]", ["terms is [[0.0, 3.0, 3.0]]", "above 0"]),
        ("--only form --terms [[1.0,400,0]] --point [10.0,10.0]", ["too large", "(11, 11)"]),
        ("--only form --directions 3", ["directions is 3", "8 to 100000"]),
        ("--only form --terms [[1.0,2.0]]", ["a term is [1.0, 2.0]", "[c, i, j]"]),
        ("--only form --terms [[1.0,-1,0]]", ["a term is [1.0, -1.0, 0.0]", "0 or more"]),
    ],
)
def test_what_has_no_gradient_to_try_is_refused(typed, words, refusal):
    said = refusal(typed)
    assert [word for word in words if word not in said] == []
