import pytest

from zoo.precedence import arguments_of, as_shipped, config_files_first, without_own_keys, without_typed


@pytest.mark.parametrize(
    ("typed", "files", "keys"),
    [
        ([], [], []),
        (["--a=1", "--config=f.yaml", "--b", "2"], ["--config=f.yaml"], ["--a=1", "--b", "2"]),
        (
            ["-c", "f.yaml", "--a", "1", "--config", "g.yaml"],
            ["-c", "f.yaml", "--config", "g.yaml"],
            ["--a", "1"],
        ),
        (["--config"], ["--config", ""], []),
        (["--only", "a", "-cf.yaml"], ["-cf.yaml"], ["--only", "a"]),
        (["--configure=1"], [], ["--configure=1"]),
    ],
)
def test_config_files_come_first_and_keep_their_order(typed, files, keys):
    assert config_files_first(typed) == (files, keys)


def test_a_variant_goes_over_files_and_under_what_is_typed():
    line = arguments_of({"depth": 3}, ["--depth=5", "--config=f.yaml"])
    assert line == ["--config=f.yaml", "--depth=3", "--depth=5"]


@pytest.mark.parametrize(
    ("value", "argument"),
    [
        ("sigmoid", "--k=sigmoid"),
        (0.1, "--k=0.1"),
        (None, "--k=null"),
        (True, "--k=true"),
        ([1.0, -1.0], "--k=[1.0, -1.0]"),
    ],
)
def test_values_are_written_as_they_are_typed(value, argument):
    assert arguments_of({"k": value}, []) == [argument]


@pytest.mark.parametrize("number", ["-1e-30", "-.5E+3", "-2.5e7"])
def test_a_negative_number_with_an_exponent_is_no_option(number):
    assert arguments_of({}, ["--k", number, "--l=1"]) == [f"--k={number}", "--l=1"]
    assert arguments_of({}, ["--k=1", number]) == ["--k=1", number]
    assert arguments_of({}, ["-c", "f.yaml", "--k", "-1"]) == ["-c", "f.yaml", "--k", "-1"]


@pytest.mark.parametrize("typed", ["--model.optimizer.lr=1", "--model.optimizer.init_args.lr"])
def test_a_typed_key_leaves_the_variants_however_it_is_spelt(typed):
    variants = {"a": {"model.optimizer.lr": 0.1, "data.count": 3}, "b": {"model.init_args.optimizer.lr": 0.2}}
    assert without_typed(variants, [typed]) == {"a": {"data.count": 3}, "b": {}}


def test_a_variant_may_be_nested_as_a_config_is_and_a_class_stays_whole():
    nested = {
        "model": {"optimizer": {"lr": 0.1}, "surface.copies": 2},
        "data": {"class_path": "zoo.data.Digits"},
    }
    assert arguments_of(nested, []) == [
        "--model.optimizer.lr=0.1",
        "--model.surface.copies=2",
        '--data={"class_path": "zoo.data.Digits"}',
    ]


def test_what_changes_no_run_is_told_from_what_does():
    typed = ["--only", "a,b", "--config=x.yaml", "--model.lr", "0.1", "--runs_dir=there", "--brief", "true"]
    assert without_own_keys(typed) == ["--model.lr", "0.1"]


@pytest.mark.parametrize(
    ("typed", "shipped"),
    [
        ("", True),
        ("--seed_everything 3 --brief true --only slow --runs_dir x --threads 2", True),
        ("--seed_everything=3 --model.optimizer.lr 0.1", False),
        ("--config my.yaml", False),
        ("--only square -cmy.yaml", False),
        ("--point 3", False),
        ("--seed_everything+=3 --only+ slow", True),
        ("--repeats=2", False),
    ],
)
def test_a_run_is_as_shipped_unless_more_than_its_seed_is_typed(typed, shipped):
    assert as_shipped(typed.split()) is shipped
