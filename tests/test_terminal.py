from zoo.terminal import terminal


def test_where_there_is_no_terminal_a_page_is_wide_enough_for_the_table(monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    assert terminal().width >= 140


def test_a_terminal_keeps_its_own_width(monkeypatch):
    monkeypatch.setenv("COLUMNS", "77")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert terminal().width == 77
