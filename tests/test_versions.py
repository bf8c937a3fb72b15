import pytest

from zoo.versions import latest_version, next_version


def test_versions_count_up_from_zero(tmp_path):
    assert [next_version(tmp_path / "lesson").name for _ in range(3)] == [
        "version_0",
        "version_1",
        "version_2",
    ]


def test_a_version_that_was_removed_is_used_again(tmp_path):
    first, _ = next_version(tmp_path), next_version(tmp_path)
    first.rmdir()
    assert next_version(tmp_path) == first


def test_a_file_in_the_place_of_the_folder_is_an_error(tmp_path):
    (tmp_path / "lesson").write_text("in the way")
    with pytest.raises(OSError, match="lesson"):
        next_version(tmp_path / "lesson")


def test_the_latest_run_is_that_of_the_highest_number(tmp_path):
    for name in ("version_2", "version_10", "version_9", "version_x", "version_", "other_11"):
        (tmp_path / "lesson" / name).mkdir(parents=True)
    assert latest_version(tmp_path / "lesson") == tmp_path / "lesson" / "version_10"


@pytest.mark.parametrize("made", [False, True])
def test_an_experiment_without_a_run_is_refused_with_the_command_that_makes_one(tmp_path, made):
    if made:
        (tmp_path / "lesson").mkdir()
    with pytest.raises(ValueError, match=r"^lesson has no run in '.*'; zoo run lesson makes one$"):
        latest_version(tmp_path / "lesson")


def test_a_version_in_which_nothing_was_logged_is_not_the_latest(tmp_path):
    logged, _ = next_version(tmp_path), next_version(tmp_path)
    (logged / "slow").mkdir()
    (logged / "slow" / "events.out.tfevents.0").touch()
    assert latest_version(tmp_path) == logged
