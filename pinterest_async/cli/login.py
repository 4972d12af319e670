"""`pinterest login`, `whoami` and `logout`: a person's login, kept for commands and scripts."""

import asyncio
import datetime as dt
import os
import webbrowser
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import click

from pinterest_async._core.annotations import strip
from pinterest_async._core.problems import Problem, unknown
from pinterest_async._core.ratelimit_headers import RateState
from pinterest_async.auth.access import Auth, Basic
from pinterest_async.auth.environment import APP, from_environment, token_store
from pinterest_async.auth.grants import AuthorizationCode
from pinterest_async.auth.renewing import Renewing
from pinterest_async.auth.saved_login import SavedLogin
from pinterest_async.auth.stores import Tokens, TokenStore
from pinterest_async.auth.user_login import (
    authorization_url,
    code_from_callback,
    login,
    new_state,
)
from pinterest_async.cli.network import connections
from pinterest_async.client import Pinterest
from pinterest_async.errors import ConfigurationError, LoginError, TokenStoreError
from pinterest_async.limits import BucketState
from pinterest_async.options import HOSTS, Environment, as_base_url, choice
from pinterest_async.pool import SessionPool
from pinterest_async.resources._vocabularies import Scope

READING: Final = ("ads:read", "boards:read", "catalogs:read", "pins:read", "user_accounts:read")
"""What a login may do that asks for nothing else."""
ALWAYS: Final = "user_accounts:read"
"""Shows who has logged in."""
TRIES: Final = 3
NOTHING: Final = Tokens(access_token="", refresh_token="")


class Place(NamedTuple):
    """The API that a command works with, by its options, variables and Pinterest's own address."""

    environment: Environment
    base_url: str

    def client(self, auth: Auth, pool: SessionPool) -> Pinterest:
        """A client of it; its other options are those of the variables."""
        return Pinterest.from_env(
            auth=auth, environment=self.environment, base_url=self.base_url, pool=pool
        )


def place(environment: str | None, base_url: str | None) -> Place:
    """The API that the options name, or else the variables.

    Raises:
        ConfigurationError: There is no such environment, or the address is none.
    """
    named = environment or os.environ.get("PINTEREST_ENVIRONMENT") or "production"
    choice("environment", named, HOSTS)
    known: Environment = "sandbox" if named == "sandbox" else "production"
    base = base_url or os.environ.get("PINTEREST_BASE_URL") or HOSTS[known]
    return Place(known, as_base_url(base))


@contextmanager
def _places_named() -> Generator[None]:
    """Errors of the place where a login is kept, with the variables that choose another one."""
    try:
        yield
    except TokenStoreError as error:
        raise TokenStoreError(
            error.message,
            advice="PINTEREST_TOKEN_STORE names another place for tokens, XDG_CONFIG_HOME another "
            "folder for logins.",
        ) from None


def log_in(
    where: Place,
    *,
    app_id: str | None,
    app_secret: str | None,
    scopes: Sequence[str],
    redirect_uri: str,
    browser: bool,
    proxy: str | None,
    ca_file: Path | None,
) -> None:
    """Have a person log in, and keep the tokens.

    Raises:
        PinterestError: It did not come to a login, or it could not be kept.
    """
    wanted = _scopes(scopes)
    pool = _pool(proxy, ca_file)
    saved = SavedLogin(where.base_url)
    with _places_named():
        known = saved.app()
    app = _app(app_id, app_secret, known)
    named = os.environ.get("PINTEREST_TOKEN_STORE")
    store = token_store(named, app.client_id, where.environment) if named else saved.store
    work = _log_in(where, app, wanted, redirect_uri, pool, store, browser=browser)
    with _places_named():
        name, auth = asyncio.run(work)
        if not named:
            saved.save_app(app)
    click.echo(f"Logged in as {name}, with the app {app.client_id}.")
    click.echo(f"Scopes: {', '.join(auth.scopes or wanted)}")
    click.echo(f"The tokens are in {store!r}. {_lifetime(auth)}".rstrip())
    if named and not all(os.environ.get(variable) for variable in APP):
        click.echo(f"Later commands and scripts need {' and '.join(APP)} as well.")
    _warn_of_variable()


async def _log_in(
    where: Place,
    app: Basic,
    scopes: Sequence[str],
    redirect_uri: str,
    pool: SessionPool,
    store: TokenStore,
    *,
    browser: bool,
) -> tuple[str, AuthorizationCode]:
    """The name of whoever has logged in, and the authentication, which is saved."""
    async with pool:
        async with store.exclusive():  # a place that cannot be used is told before the login
            pass
        if browser:
            auth = await login(
                app.client_id,
                app.client_secret,
                scopes=scopes,
                redirect_uri=redirect_uri,
                show=_show,
                base_url=where.base_url,
            )
        else:
            code = _pasted_code(app.client_id, scopes, redirect_uri, where.base_url)
            auth = AuthorizationCode(
                app.client_id, app.client_secret, code, redirect_uri=redirect_uri
            )
        async with where.client(auth, pool) as pinterest:
            user = await pinterest.user_account.get()
        await auth.save_to(store)
    return user.username, auth


def _show(url: str) -> None:
    click.echo("A browser opens this address, where you log in and let the app act for you:")
    click.echo(f"\n  {url}\n")
    if not webbrowser.open(url):
        click.echo("No browser could be opened: open it yourself, on this machine, or stop with")
        click.echo("Ctrl-C and use --no-browser, which works with a browser on any machine.")


def _pasted_code(client_id: str, scopes: Sequence[str], redirect_uri: str, base_url: str) -> str:
    """The code in the address that a person pastes.

    Raises:
        LoginError: They pasted something else, or refused.
    """
    state = new_state()
    url = authorization_url(
        client_id, redirect_uri=redirect_uri, scopes=scopes, state=state, base_url=base_url
    )
    click.echo("Open this address in a browser on any machine, log in and let the app act for you:")
    click.echo(f"\n  {url}\n")
    click.echo(f"The browser then goes to {redirect_uri} and may find nothing there.")
    click.echo("Copy the whole address that it shows, and paste it here.")
    for _ in range(TRIES):
        pasted = str(click.prompt("Address", type=str)).strip()
        if "?" in pasted:
            return code_from_callback(pasted, state=state)
        click.echo("That is not the whole address: it has a question mark and a code in it.")
    raise LoginError("no address was pasted")


def _scopes(options: Sequence[str]) -> list[str]:
    """The scopes that options name, joined by commas or given one by one."""
    named = [one for text in options for one in text.replace(",", " ").split()]
    known = strip(Scope).known
    for one in named:
        if one not in known:
            problem = unknown("scope", one, known)
            advice = problem.fix[0].upper() + problem.fix[1:]
            raise ConfigurationError(f"--scope: {problem.message} {one!r}", advice=advice)
    return list(dict.fromkeys((*(named or READING), ALWAYS)))


def _app(app_id: str | None, app_secret: str | None, saved: Basic | None) -> Basic:
    """The app, from options, variables, the last login, or a question."""
    id_variable, secret_variable = APP
    client_id = app_id or os.environ.get(id_variable) or (saved.client_id if saved else "")
    if not client_id:
        click.echo("Your app's id and secret are at https://developers.pinterest.com/apps/.")
        client_id = str(click.prompt("App id", type=str)).strip()
    known = saved.client_secret if saved and saved.client_id == client_id else ""
    secret = app_secret or os.environ.get(secret_variable) or known
    if not secret:
        secret = str(click.prompt("App secret (not shown)", type=str, hide_input=True)).strip()
    return Basic(client_id, secret)


def _pool(proxy: str | None, ca_file: Path | None) -> SessionPool:
    problems: list[Problem] = []
    pool = connections(proxy, ca_file, problems)
    if problems or pool is None:
        raise ConfigurationError("; ".join(map(str, problems)))
    return pool


def who_am_i(where: Place, *, proxy: str | None, ca_file: Path | None) -> None:
    """Show whose token the commands and scripts of this place use.

    Raises:
        PinterestError: There is none, or it does not work.
    """
    auth = from_environment(where.base_url, where.environment)
    asyncio.run(_who_am_i(where, auth, _pool(proxy, ca_file)))


async def _who_am_i(where: Place, auth: Auth, pool: SessionPool) -> None:
    async with pool, where.client(auth, pool) as pinterest:
        answer = await pinterest.send(pinterest.user_account.get)
        user = answer.data
        lines = {"user": f"{user.username} ({user.account_type}, id {user.id})"}
        if isinstance(auth, Renewing):
            lines["app"] = auth.basic.client_id
            lines["scopes"] = ", ".join(auth.scopes or ()) or "not known"
            lines["token"] = _lifetime(auth) or "It is not known when it expires."
        else:
            lines["token"] = "It is that of a variable, and nothing renews it."  # noqa: S105
        for bucket in pinterest.limits.snapshot():
            if bucket.window > 1:
                lines[f"quota {bucket.name}"] = _quota(bucket, answer.rate)
    for name, value in lines.items():
        click.echo(f"{name}: {value}")


def _quota(bucket: BucketState, rate: RateState) -> str:
    """A quota, with what is left of it where the answer's headers say so.

    They do of one window. What this process has counted is not shown: others use the token too.
    """
    quota = f"{bucket.limit:,} requests in {bucket.window:g} s"
    if rate.remaining is None or rate.limit != bucket.limit:
        return quota
    return f"{rate.remaining:,} of {quota} left"


def log_out(where: Place) -> None:
    """Forget the tokens of this place on this machine.

    Raises:
        PinterestError: They cannot be removed.
    """
    named, app_id = os.environ.get("PINTEREST_TOKEN_STORE"), os.environ.get(APP[0])
    saved = SavedLogin(where.base_url)
    if named and not app_id:
        raise ConfigurationError(
            "PINTEREST_TOKEN_STORE is set, and the app whose tokens it holds is not",
            advice=f"Set {APP[0]} too.",
        )
    store = token_store(named, app_id or "", where.environment) if named else saved.store
    found = asyncio.run(_forgotten(store))
    if not named:
        saved.remove_app()
    if found:
        click.echo(f"Logged out: {store!r} holds no tokens any more.")
        click.echo("Pinterest knows nothing of it: copies of the tokens work until they expire.")
    else:
        click.echo("Nobody is logged in here.")
    _warn_of_variable()


async def _forgotten(store: TokenStore) -> bool:
    """Take the tokens out of a store; False where it held none."""
    async with store.exclusive():
        if await store.load() in (None, NOTHING):
            return False
        await store.save(NOTHING)
        return True


def _warn_of_variable() -> None:
    if os.environ.get("PINTEREST_ACCESS_TOKEN"):
        click.echo("PINTEREST_ACCESS_TOKEN is set, and goes before the login.")


def _lifetime(auth: Renewing) -> str:
    """Until when tokens are good, in a sentence."""
    if auth.expires_at is None:
        return ""
    text = f"The access token is good until {_day(auth.expires_at)}"
    if auth.refresh_expires_at is None:
        return f"{text}."
    return f"{text}, and is renewed when it is used before {_day(auth.refresh_expires_at)}."


def _day(seconds: float) -> str:
    return f"{dt.datetime.fromtimestamp(seconds, dt.UTC):%Y-%m-%d %H:%M} UTC"
