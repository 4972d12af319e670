"""The `pinterest` command."""

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line."""
    try:
        from pinterest_async.cli.commands import pinterest

        pinterest(prog_name="pinterest")
    except ModuleNotFoundError as error:
        if str(error.name).partition(".")[0] not in ("click", "rich"):
            raise
        sys.exit("The pinterest command needs more: pip install 'pinterest-async[cli,harvest]'")
    except KeyboardInterrupt:
        sys.exit(130)
