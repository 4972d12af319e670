"""The commands and their options; what they do is imported when one is run."""

import asyncio
import sys
from pathlib import Path

import click

from pinterest_async.errors import PinterestError

INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
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
    try:
        from pinterest_async.cli.demo import Demo

        complete = asyncio.run(Demo(out / "demo", accounts=accounts, days=days, seed=seed).run())
    except KeyboardInterrupt:
        click.echo("\nStopped. What is finished is kept: the same command goes on from there.")
        sys.exit(INTERRUPTED)
    except (PinterestError, OSError) as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    sys.exit(0 if complete else 1)
