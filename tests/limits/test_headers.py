"""Which bucket the headers describe, in each shape seen live."""

import pytest

from pinterest_async._core.ratelimit_headers import HeaderMatch, match_headers, parse

NAMES = ("safety_net", "org_read")


@pytest.mark.parametrize(
    ("limit", "reset", "match"),
    [
        ("100, 100;w=1, 1000;w=60", "1", HeaderMatch(((0, 100, 1.0), (1, 1000, 60.0)), 0, 1.0)),
        (
            (
                '1000, 100;w=1;name="safety_net_app_id_user_id", '
                '1000;w=60;name="org_read_app_id_user_id"'
            ),
            "30",
            HeaderMatch(((0, 100, 1.0), (1, 1000, 60.0)), 1, 60.0),
        ),
        ('60, 60;w=60;name="somebody_else"', "30", HeaderMatch((), None)),
        ("1000", "30", HeaderMatch((), 1)),
        ("100, 100;w=1, 100;w=60", "30", HeaderMatch(((0, 100, 1.0), (1, 100, 60.0)), 1, 60.0)),
        ("100, 100;w=1, 100;w=60", "1", HeaderMatch(((0, 100, 1.0), (1, 100, 60.0)), None)),
        (
            '50, 100;w=1;name="safety_net", 50;w=60;name="org_read", 900;w=86400;name="org_read"',
            "30",
            HeaderMatch(((0, 100, 1.0), (1, 50, 60.0), (1, 900, 86_400.0)), 1, 60.0),
        ),
        ("50, 50;w=60, 50;w=86400", "30", HeaderMatch(((1, 50, 60.0), (1, 50, 86_400.0)), None)),
        (
            "50, 50;w=60, 50;w=86400",
            "61",
            HeaderMatch(((1, 50, 60.0), (1, 50, 86_400.0)), 1, 86_400.0),
        ),
        ("", "", HeaderMatch((), None)),
    ],
)
def test_the_nearest_window(limit: str, reset: str, match: HeaderMatch) -> None:
    headers = {"X-RateLimit-Limit": limit, "X-RateLimit-Reset": reset} if limit else {}
    assert match_headers(NAMES, parse(headers)) == match


def test_a_trial_has_no_safety_net() -> None:
    state = parse({"X-RateLimit-Limit": "300, 100;w=1, 300;w=86400"})
    assert match_headers(("trial_total", "org_write"), state) == HeaderMatch(
        ((1, 300, 86_400.0),), 1, 86_400.0
    )
