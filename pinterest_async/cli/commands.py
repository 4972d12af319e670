"""The commands and their options; what they do is imported when one is run."""

import asyncio
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click

from pinterest_async._core.problems import nearest
from pinterest_async.cli.signals import terminated_like_interrupted
from pinterest_async.errors import PinterestError

INTERRUPTED: Final = 130
FIELDS: Final = (
    "level",
    "accounts",
    "businesses",
    "columns",
    "targeting_types",
    "granularity",
    "start",
    "end",
    "click_window_days",
    "engagement_window_days",
    "view_window_days",
    "conversion_report_time",
    "names",
)
"""Options that stand for fields of the plan."""
STOPPED: Final = "\nStopped. What is finished is kept: the same command goes on from there."


@contextmanager
def _extras_named() -> Generator[None]:
    """End with the sentence of a part that is not installed: it names the extra that has it."""
    try:
        yield
    except ModuleNotFoundError:
        raise
    except ImportError as error:
        sys.exit(str(error))


class TwoWords(click.Group):
    """Commands whose names may be two words, such as `harvest status`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Take two words for a name where there is such a command, else one."""
        if len(args) > 1 and not args[1].startswith("-"):
            first, second, *others = args
            two = self.get_command(ctx, f"{first} {second}")
            if two is not None:
                return two.name, two, others
            start = f"{first} "
            known = [name.removeprefix(start) for name in self.commands if name.startswith(start)]
            near = nearest(second, known)
            if near is not None:
                ctx.fail(f"No such command '{first} {second}'. Did you mean '{first} {near}'?")
        return super().resolve_command(ctx, args)


@click.group(
    cls=TwoWords,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="pinterest-async", prog_name="pinterest")
def pinterest() -> None:
    """Work with the Pinterest API from the command line."""


@pinterest.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("data"),
    show_default=True,
    help="Folder for the result, which goes into its subfolder `demo`.",
)
@click.option("--accounts", type=click.IntRange(1, 250), default=50, show_default=True)
@click.option("--days", type=click.IntRange(1, 89), default=30, show_default=True)
@click.option("--seed", type=int, default=7, show_default=True, help="Another seed, other numbers.")
def demo(out: Path, accounts: int, days: int, seed: int) -> None:
    """Harvest an emulated Pinterest: needs no account, sends nothing to the internet."""
    with _extras_named():
        from pinterest_async.cli.demo import Demo
    try:
        work = Demo(out / "demo", accounts=accounts, days=days, seed=seed)
        with terminated_like_interrupted():
            complete = asyncio.run(work.run())
    except KeyboardInterrupt:
        click.echo(STOPPED)
        sys.exit(INTERRUPTED)
    except PinterestError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    except OSError as error:
        click.echo(f"{error}. Choose another folder with --out.", err=True)
        sys.exit(1)
    sys.exit(0 if complete else 1)


def _connects(command: Callable[..., None]) -> Callable[..., None]:
    """Options of commands that call an API."""
    for option in (
        click.option(
            "--ca-file",
            type=click.Path(path_type=Path),
            help="Certificates (PEM) to trust besides.  "
            "[default: SSL_CERT_FILE, else the system's]",
        ),
        click.option("--proxy", help="Proxy for all hosts.  [default: HTTPS_PROXY, NO_PROXY]"),
        click.option("--base-url", help="Another Pinterest, such as an emulator."),
        click.option("--environment", help="production or sandbox.  [default: production]"),
    ):
        command = option(command)
    return command


def _with_login(action: str, options: dict[str, Any]) -> None:
    """Run a function of the module `login`; end with a message where it fails."""
    from pinterest_async.cli import login as commands

    try:
        where = commands.place(options.pop("environment"), options.pop("base_url"))
        getattr(commands, action)(where, **options)
    except KeyboardInterrupt:
        click.echo("\nStopped.", err=True)
        sys.exit(INTERRUPTED)
    except PinterestError as error:
        click.echo(str(error), err=True)
        sys.exit(1)


@pinterest.command()
@click.option("--app-id", help="Your app's id.  [default: PINTEREST_APP_ID, else it is asked for]")
@click.option(
    "--app-secret",
    help="Its secret; better not here, where others see it.  [default: PINTEREST_APP_SECRET, else "
    "it is asked for]",
)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    help="What the login is for, as in boards:read,boards:write.  [default: reading ads, boards, "
    "catalogs, pins and the account]",
)
@click.option(
    "--redirect-uri",
    default="http://localhost:8085/",
    show_default=True,
    help="One that the app has registered.",
)
@click.option(
    "--browser/--no-browser",
    default=True,
    help="Open a browser here, or show the address and have the one that it leads to pasted.",
)
@_connects
def login(**options: Any) -> None:
    """Log in, for later commands and scripts.

    \b
      pinterest login                                        opens a browser
      pinterest login --scope boards:read,boards:write
      pinterest login --no-browser                           on a server, without a browser

    The tokens and the app's secret go into files that only you can read, or the tokens to where
    PINTEREST_TOKEN_STORE says; they are renewed when they are used. `Pinterest.from_env()` and the
    other commands find them.
    """  # noqa: D301  (\b keeps lines as they are)
    _with_login("log_in", options)


@pinterest.command()
@_connects
def whoami(**options: Any) -> None:
    """Show whose token is used: user, app, scopes, expiry, and its quota."""
    _with_login("who_am_i", options)


@pinterest.command()
@click.option("--base-url", help="Another Pinterest, such as an emulator.")
@click.option("--environment", help="production or sandbox.  [default: production]")
def logout(**options: Any) -> None:
    """Forget the tokens of the last login on this machine."""
    _with_login("log_out", options)


@pinterest.command()
@click.argument("level", required=False)
@click.option("--account", "accounts", multiple=True, help='Ids, or "all".  [default: all]')
@click.option(
    "--business", "businesses", multiple=True, help='Ids, or "all": their ad accounts as well.'
)
@click.option(
    "--columns",
    multiple=True,
    help="Names, which `pinterest columns` finds, and groups: spend, engagement, video, "
    "conversions, all.  [default: spend,engagement]",
)
@click.option(
    "--targeting",
    "targeting_types",
    multiple=True,
    help="As in GENDER,AGE_BUCKET.",
)
@click.option("--granularity", help="DAY, HOUR, WEEK, MONTH or TOTAL.  [default: DAY]")
@click.option("--since", "start", help='First day (UTC), or "last".  [default: 30 days, hourly 3]')
@click.option("--until", "end", help="Last day (UTC), included.  [default: yesterday]")
@click.option("--click-window", "click_window_days", help="Attribution: 0, 1, 7, 14, 30, 60.")
@click.option("--engagement-window", "engagement_window_days", help="The same for engagements.")
@click.option("--view-window", "view_window_days", help="The same for views.")
@click.option(
    "--report-time", "conversion_report_time", help="TIME_OF_AD_ACTION, TIME_OF_CONVERSION."
)
@click.option(
    "--names",
    is_flag=True,
    default=None,
    help="Names of accounts, campaigns and so on beside their ids, as of the day of fetching.",
)
@click.option(
    "--entities", multiple=True, help="The things themselves, as in campaigns,ads,boards."
)
@click.option("--all", "everything", is_flag=True, help="All entities that the token may see.")
@click.option("--plan", "file", type=click.Path(path_type=Path), help="Plan as a file of JSON.")
@click.option("--out", help="Folder, or an address such as s3://bucket/folder.")
@click.option(
    "--format",
    default="parquet",
    show_default=True,
    help="parquet, jsonl or csv (say that ids are text where you read it).",
)
@click.option(
    "--checkpoint",
    type=click.Path(path_type=Path),
    help="File that remembers how far it is.  [default: beside the folder of --out]",
)
@click.option(
    "--restate",
    "restate_days",
    default="30",
    show_default=True,
    help="Days that --since last fetches again.",
)
@click.option("--concurrency", default="16", show_default=True, help="Partitions under way.")
@click.option(
    "--progress",
    "progress_format",
    default="text",
    show_default=True,
    help="text (on standard error), none, or json.",
)
@click.option("--dry-run", is_flag=True, help="Show what it would take, and harvest nothing.")
@_connects
def harvest(**options: Any) -> None:
    """Harvest analytics, or the things themselves, into files.

    LEVEL says what to harvest analytics of: accounts, campaigns, ad-groups, ads, ad-pins,
    keywords, product-groups, product-items, some of these by targeting, and organic figures of your
    own: user, pins.
    `pinterest levels` lists all of them, `pinterest columns LEVEL` what each has.

    --entities and --all harvest the things themselves instead: campaigns, ads, boards, pins,
    audiences, catalogs and whatever else is listed, whole each time.

    \b
      pinterest harvest ads --account all --since 2026-08-01 --columns spend,engagement --out data/
      pinterest harvest --since last --out data/            what is new, and what still changes
      pinterest harvest status data/                        what is there
      pinterest harvest --plan plan.json --dry-run          what it would take
      pinterest harvest --entities campaigns,boards --out data/    the things themselves
      pinterest harvest --all --out data/                   all that the token may see

    The token is that of `pinterest login`, or of the environment: PINTEREST_ACCESS_TOKEN, or
    PINTEREST_APP_ID, PINTEREST_APP_SECRET and PINTEREST_REFRESH_TOKEN. To try it without an
    account, `pinterest emulator` prints the variables that point it at a Pinterest on this machine.

    Lists are written a,b or by giving an option several times. A harvest that was stopped goes
    on where it was when the same command is given again.

    --since last goes on with all plans that the folder holds; LEVEL and other options choose among
    them, or begin one that is not there.

    The result goes to standard output. With --progress json, standard output has lines of JSON and
    nothing else: their "event" is plan, progress, finished, estimate or error.

    Exit codes: 0 complete, 1 nothing was harvested, 2 the command has mistakes, 3 some parts are
    missing or some rows were set aside, 130 stopped by Ctrl-C or SIGTERM. Entities that the token
    may not see are named, and no missing part.
    """  # noqa: D301  (\b keeps lines as they are)
    with _extras_named():
        from pinterest_async.cli import entities
        from pinterest_async.cli import harvest as command
    named, everything = options.pop("entities"), options.pop("everything")
    try:
        given = {name: options.pop(name) for name in FIELDS}
        with terminated_like_interrupted():
            if named or everything:
                sys.exit(entities.harvest(given, entities=named, everything=everything, **options))
            sys.exit(command.harvest(given, **options))
    except KeyboardInterrupt:
        click.echo(STOPPED, err=True)
        sys.exit(INTERRUPTED)


_JSON: Final = click.option("--json", "as_json", is_flag=True, help="A line of JSON for each.")


@pinterest.command()
@click.argument("level", required=False)
@click.argument("words", metavar="[WORD]...", nargs=-1)
@_JSON
def columns(**options: Any) -> None:
    """Find columns: their groups, what they hold, and what that means.

    \b
      pinterest columns ads                  all that a harvest of ads may name
      pinterest columns ads spend            those with a word in name, group or meaning
      pinterest columns checkouts click      on any level, with both words

    Needs no token and no network. Behind a pipe, each is a line: name, groups, kind, unit and
    meaning, parted by tabs. Exit code 1: there is none.
    """  # noqa: D301  (\b keeps lines as they are)
    _look_up("show_columns", options)


@pinterest.command()
@_JSON
def levels(**options: Any) -> None:
    """List the levels: what a row is about, where it comes from, how far back.

    Needs no token and no network. Behind a pipe, each is a line: level, what a row is about,
    source, days back, days back by the hour, ids, granularities and targeting types, parted by
    tabs.
    """
    _look_up("show_levels", options)


def _look_up(action: str, options: dict[str, Any]) -> None:
    """Run a function of the module `catalogue`, and end with its exit code."""
    from pinterest_async.cli import catalogue

    sys.exit(getattr(catalogue, action)(**options))


@pinterest.command("harvest status")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--checkpoint",
    type=click.Path(path_type=Path),
    help="Where the harvest was given one.  [default: that of the folder]",
)
@_JSON
def harvest_status(folder: Path, checkpoint: Path | None, *, as_json: bool) -> None:
    """Show what a harvested folder holds, and how far it is.

    It asks nothing of Pinterest, and a harvest may be under way meanwhile. Exit codes: 0 all is
    complete, 1 there is no harvest, 3 some parts are missing.
    """
    with _extras_named():
        from pinterest_async.cli import status
    try:
        sys.exit(status.show(folder, checkpoint, as_json=as_json))
    except PinterestError as error:
        click.echo(str(error), err=True)
        sys.exit(1)


@pinterest.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option(
    "--host-name",
    "hosts",
    multiple=True,
    metavar="NAME",
    help="Another name of this machine that requests may come by, such as a Docker service's. "
    "Repeatable.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=8800, show_default=True)
@click.option(
    "--seed", type=int, default=7, show_default=True, help="Another seed, other contents."
)
@click.option("--scale", default="3-accounts", show_default=True, help="How many ad accounts.")
@click.option(
    "--access", type=click.Choice(["standard", "trial"]), default="standard", show_default=True
)
@click.option(
    "--quotas",
    multiple=True,
    help='Limits of your own: ads_read=10 or, with the seconds, ads_read=10/5; "off" for none. '
    "Repeatable.",
)
@click.option(
    "--windows",
    type=click.Choice(["fixed", "sliding", "bucket"]),
    default="fixed",
    show_default=True,
    help="How quotas refill.",
)
@click.option(
    "--headers",
    type=click.Choice(["named", "nameless", "bare", "none"]),
    default="named",
    show_default=True,
    help="How answers name the quotas.",
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    help="What goes wrong: error:status=503,operation=pins.list,rate=0.05 and others. Repeatable.",
)
@click.option(
    "--state",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to begin with, where it exists, and to save to at the end.",
)
@click.option(
    "--strict",
    is_flag=True,
    help="Refuse parameters and fields that the description lacks; the live API ignores them.",
)
@click.option(
    "--consent",
    type=click.Choice(["ask", "grant", "refuse"]),
    default="ask",
    show_default=True,
    help="What users decide at logins; ask shows them a page.",
)
@click.option("--token", is_flag=True, help="Print the access token, and serve nothing.")
def emulator(**options: Any) -> None:
    """Serve a Pinterest on localhost.

    \b
      pinterest emulator --scale 1000-accounts --seed 11
      pinterest emulator --quotas off --fault late:seconds=0.2,distribution=lognormal
      pinterest emulator --fault reset:rate=0.01 --fault rate_limited:operation=pins.*,times=3

    It has no account of yours and sends nothing to the internet. Faults, state, its clock and what
    it was asked can be read and changed below /_emulator, by programs and in a browser.
    """  # noqa: D301  (\b keeps lines as they are)
    with _extras_named():
        from pinterest_async.cli import emulator as serving
    state, token = options.pop("state"), options.pop("token")
    for name, reading in (("scale", serving.accounts), ("quotas", serving.limits)):
        try:
            options[name] = reading(options[name])
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint=f"--{name}") from None
    try:
        options["faults"] = [serving.checked(fault) for fault in options["faults"]]
        options["accounts"] = options.pop("scale")
        serving.serve(options, state=state, token=token)
    except (ValueError, OSError) as error:
        click.echo(str(error), err=True)
        sys.exit(1)
