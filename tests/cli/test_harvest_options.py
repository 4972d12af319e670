import datetime as dt
import os
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow")
pytest.importorskip("rich")

from pinterest_async.cli import harvest_options
from pinterest_async.cli.harvest_options import LEVEL_NAMES, Command, MistakesError, read_command
from pinterest_async.harvest.plan import checks
from pinterest_async.harvest.plan.levels import Level

TODAY = dt.datetime.now(dt.UTC).date()
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def a_day_that_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Today is the day on which this module was imported, also when tests pass midnight."""
    monkeypatch.setattr(harvest_options, "utc_today", lambda: TODAY)
    monkeypatch.setattr(checks, "utc_today", lambda: TODAY)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINTEREST_ACCESS_TOKEN", "pina_secret")
    for name in ("BASE_URL", "ACCESS", "ENVIRONMENT", "REFRESH_TOKEN"):
        monkeypatch.delenv(f"PINTEREST_{name}", raising=False)


def made(**changes: Any) -> Command:
    options: dict[str, Any] = {
        "file": None,
        "out": "data",
        "format": "parquet",
        "checkpoint": None,
        "restate_days": "30",
        "concurrency": "16",
        "progress_format": "text",
        "dry_run": False,
        "environment": None,
        "base_url": None,
        "proxy": None,
        "ca_file": None,
    }
    given = {name: value for name, value in changes.items() if name not in options}
    options |= {name: value for name, value in changes.items() if name in options}
    return read_command(given, **options)[0]


def test_words_become_a_plan() -> None:
    command = made(
        level="ad-groups",
        accounts=("549755885175", "549755885176"),
        columns=("spend, IMPRESSION_1",),
        granularity="day",
        start=str(TODAY - 10 * DAY),
        click_window_days="7",
        names=True,
        base_url="http://127.0.0.1:1/v5",
    )
    assert command.plans[0].level == "ad_group"
    assert command.plans[0].accounts == ("549755885175", "549755885176")
    assert command.plans[0].columns == ("spend", "IMPRESSION_1")
    assert (command.plans[0].start, command.plans[0].end) == (TODAY - 10 * DAY, TODAY - DAY)
    assert command.plans[0].click_window_days == 7
    assert command.plans[0].names
    assert not command.since_last


@pytest.mark.parametrize("level", LEVEL_NAMES)
def test_each_level_has_a_word(level: Level) -> None:
    targeting = {"targeting_types": ("GENDER",)} if level.endswith("_targeting") else {}
    columns = ("all",)
    assert made(level=LEVEL_NAMES[level], columns=columns, **targeting).plans[0].level == level


def test_last_and_defaults() -> None:
    command = made(level="ads", start="last", accounts=("all",))
    assert command.since_last
    assert command.plans[0].accounts == "all"
    assert command.plans[0].start == TODAY - 30 * DAY


def test_every_mistake_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PINTEREST_ACCESS_TOKEN")
    with pytest.raises(MistakesError) as caught:
        made(
            level="adz",
            accounts=("549755885175", "x"),
            columns=("spendd",),
            granularity="DAYLY",
            start="last week",
            end="2026-13-01",
            click_window_days="ten",
            format="xml",
            progress_format="loud",
            restate_days="x",
            concurrency="0",
            checkpoint=Path.cwd(),
            out=None,
        )
    assert {problem.field for problem in caught.value.problems} == {
        "LEVEL",
        "--account (number 2)",
        "--columns",
        "--granularity",
        "--since",
        "--until",
        "--click-window",
        "--format",
        "--progress",
        "--restate",
        "--concurrency",
        "--checkpoint",
        "--out",
        "environment",
    }
    assert len(caught.value.problems) == 14
    assert "did you mean ads?" in str(caught.value)
    assert "did you mean spend?" in str(caught.value)


def test_places_that_cannot_be_written_are_named_with_their_options(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    with pytest.raises(MistakesError) as caught:
        made(
            level="ads",
            out=str(tmp_path / "file"),
            checkpoint=tmp_path / "file" / "checkpoint.sqlite",
        )
    said = str(caught.value)
    assert f"--out: {tmp_path / 'file'} is a file; name another folder" in said
    assert "--checkpoint: " in said
    assert f"cannot be made, since {tmp_path / 'file'} is a file" in said
    with pytest.raises(MistakesError, match=r"--checkpoint: .*folder is a folder"):
        made(level="ads", checkpoint=tmp_path / "folder")
    assert made(level="ads", out=str(tmp_path / "new" / "deep")).sink is not None
    assert made(level="ads", out=str(tmp_path / "file"), dry_run=True).sink is not None


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may do anything")
def test_a_folder_without_permission_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(MistakesError, match=r"--out: .*no permission to write"):
        made(level="ads", out=str(tmp_path / "data"))


def test_days_out_of_reach_are_a_mistake_too() -> None:
    with pytest.raises(MistakesError, match=r"--since: .* days back") as caught:
        made(level="ads", start="2019-01-01", out=None)
    assert [problem.field for problem in caught.value.problems] == ["--out", "--since"]
    with pytest.raises(MistakesError) as caught:
        made(level="ads", start="2019-01-01", columns=("spendd",))
    assert [problem.field for problem in caught.value.problems] == ["--columns", "--since"]


def test_hours_are_three_days_unless_told() -> None:
    command = made(level="ads", granularity="hour", end=str(TODAY - 3 * DAY))
    assert (command.plans[0].start, command.plans[0].end) == (TODAY - 5 * DAY, TODAY - 3 * DAY)
    assert made(level="ads", granularity="hour", start="last").since_last


def test_the_first_day_follows_from_the_last() -> None:
    assert made(level="ads", end=str(TODAY - 100 * DAY)).plans[0].start == TODAY - 129 * DAY


def test_last_has_no_first_day_that_could_be_wrong() -> None:
    with pytest.raises(MistakesError) as caught:
        made(level="ads", start="last", end=str(TODAY - 900 * DAY), columns=("spendd",))
    assert [problem.field for problem in caught.value.problems] == ["--columns"]


def test_targeting_types_may_be_lower_case() -> None:
    command = made(level="ad-targeting", targeting_types=("gender,Age_Bucket",))
    assert command.plans[0].targeting_types == ("GENDER", "AGE_BUCKET")


def test_a_level_is_needed() -> None:
    with pytest.raises(MistakesError, match="LEVEL: missing; choose from accounts, campaigns"):
        made()


def test_an_address_needs_a_checkpoint() -> None:
    with pytest.raises(MistakesError, match="--checkpoint: missing, since --out is no folder"):
        made(level="ads", out="s3://bucket/folder")


def test_options_go_before_the_plan_file(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text('{"level": "ad", "start": "%s", "columns": ["spend"]}' % (TODAY - 9 * DAY))
    command = made(file=file, columns=("IMPRESSION_1",))
    assert (command.plans[0].level, command.plans[0].start) == ("ad", TODAY - 9 * DAY)
    assert command.plans[0].columns == ("IMPRESSION_1",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "No such file"),
        ("[1]", "write an object of JSON"),
        ("{", "write an object of JSON"),
        ('{"levl": "ad", "start": 5}', "did you mean 'level'"),
    ],
)
def test_a_plan_file_with_mistakes(tmp_path: Path, text: str | None, message: str) -> None:
    file = tmp_path / "plan.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(MistakesError, match=message) as caught:
        made(file=file, end="x")
    assert "--until" in {problem.field for problem in caught.value.problems}


def test_no_token_is_shown() -> None:
    with pytest.raises(MistakesError) as caught:
        made(level="x", base_url="no address")
    assert "pina_secret" not in str(caught.value)
    assert "--base-url" in {problem.field for problem in caught.value.problems}
