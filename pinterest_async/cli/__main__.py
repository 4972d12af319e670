"""`python -m pinterest_async.cli`."""

from pinterest_async.cli import main

main()
