"""The `pinterest` command."""

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line."""
    try:
        from pinterest_async.cli.commands import pinterest
    except ModuleNotFoundError as error:
        if error.name not in ("click", "rich"):
            raise
        sys.exit("The pinterest command needs more: pip install 'pinterest-async[cli,harvest]'")
    except KeyboardInterrupt:
        sys.exit(130)
    pinterest(prog_name="pinterest")
