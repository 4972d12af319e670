"""What the token endpoint answers: a grant, or why there is none."""

from collections.abc import Awaitable
from typing import Any, Final

import msgspec

from pinterest_async.auth.access import Grant
from pinterest_async.errors import APIError, AuthenticationError, BadRequestError, DecodeError
from pinterest_async.resources.oauth import OAUTH_TOKEN
from pinterest_async.response import Response

_REFUSED: Final = {
    "refresh_token": "The refresh token has expired, was used up or revoked, or is of another app: "
    "log in again, as by `pinterest login`.",
    "authorization_code": "A code is good once and for minutes, with the redirect_uri that it was "
    "asked for with: log in again.",
}
_NOT_AUTHENTICATED: Final = 2
_WRONG_APP: Final = "Check the app's id and secret, and that its access was not withdrawn."


async def grant_of(answered: Awaitable[Response[Any]], grant_type: str) -> Grant:
    """The grant in the answer to a form.

    Raises:
        BadRequestError, AuthenticationError: Nothing is granted; with advice that fits.
        DecodeError: It cannot be read; without its body, which may hold tokens.
    """
    status, request_id, attempts = 0, None, 0
    try:
        answer = await answered
        status, request_id, attempts = answer.status, answer.request_id, answer.attempts
        return msgspec.json.decode(answer.raw, type=Grant)
    except (BadRequestError, AuthenticationError) as error:
        raise _refused(error, grant_type) from error.__cause__
    except DecodeError as error:
        status, request_id, attempts = error.status, error.request_id, error.attempts
        why = error.message
    except msgspec.DecodeError as error:
        why = f"the answer cannot be read: {error}"
    raise DecodeError(
        why,
        status=status,
        request_id=request_id,
        advice="Its body is not kept, since it may hold tokens. Call again, or log in anew.",
        operation=OAUTH_TOKEN,
        attempts=attempts,
    )


def _refused(error: APIError, grant_type: str) -> APIError:
    """The error of a token endpoint that grants nothing, with the advice that fits."""
    return type(error)(
        error.message,
        status=error.status,
        code=error.code,
        request_id=error.request_id,
        body=error.body,
        wait=error.wait,
        advice=_WRONG_APP if error.code == _NOT_AUTHENTICATED else _REFUSED.get(grant_type),
        operation=error.operation,
        attempts=error.attempts,
    )
