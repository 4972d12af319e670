import pytest

from pinterest_async.cli.chart import columns, short


def test_columns_are_as_high_as_their_values() -> None:
    assert columns([8, 4, 0, 6], ["a", "b", "c", "d"], height=4) == [
        "8 ┤█",
        "  ┤█     █",
        "  ┤█ █   █",
        "0 ┤█ █   █",
        "   a b c d",
    ]


def test_heights_are_drawn_in_eighths() -> None:
    (top, bottom, _) = columns([16, 1, 9], ["", "", ""], height=2)
    assert top == "16 ┤█   ▁"
    assert bottom == " 0 ┤█ ▁ █"


def test_labels_leave_each_other_room() -> None:
    lines = columns([1] * 6, [f"{day:02}" for day in range(1, 7)], height=2)
    assert lines[-1] == "   01  03  05"


def test_plain_charts_are_ascii() -> None:
    assert all(line.isascii() for line in columns([3, 2, 1], ["a", "b", "c"], plain=True))


@pytest.mark.parametrize("values", [[], [0.0, 0.0]])
def test_nothing_to_show_is_no_error(values: list[float]) -> None:
    assert columns(values, ["a"] * len(values), height=2)[0] == "0 ┤"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (999, "999"), (1234, "1.2k"), (45_600, "46k"), (1.25e6, "1.2M"), (3e9, "3.0G")],
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert short(value) == text
