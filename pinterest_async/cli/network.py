"""The connections of a command: by the environment's proxies and certificates, or by others."""

import ssl
from pathlib import Path

from pinterest_async._core.problems import Problem
from pinterest_async.errors import ConfigurationError
from pinterest_async.pool import SessionPool


def connections(
    proxy: str | None, ca_file: Path | None, problems: list[Problem]
) -> SessionPool | None:
    """The connections of a command: by the environment's proxies, unless one is named."""
    context = None
    if ca_file is not None:
        try:
            context = ssl.create_default_context()
            context.load_verify_locations(ca_file)
        except OSError as error:
            fix = "name a file of certificates in PEM format"
            problems.append(Problem("--ca-file", f"{ca_file}: {error.strerror or error}", fix))
    try:
        return SessionPool(trust_env=proxy is None, proxy=proxy, ssl=context)
    except ConfigurationError as error:
        problems.append(Problem("--proxy", error.message, error.advice))
        return None
