"""The API without sockets: one request in, one response out."""

import logging
from collections import deque
from typing import Any, Final

import msgspec

from pinterest_async.emulator.contract.calls import ApiCall, RejectedError, Reply
from pinterest_async.emulator.contract.contract import Contract
from pinterest_async.emulator.contract.description import ApiOperation, MethodNotAllowedError
from pinterest_async.emulator.contract.messages import (
    Hook,
    HttpRequest,
    HttpResponse,
    LoggedRequest,
    answer_with_hooks,
    json_response,
)
from pinterest_async.emulator.contract.synthesis import Synthesis
from pinterest_async.emulator.contract.validation import CheckedRequest
from pinterest_async.emulator.handlers.handler import Handler, Handlers
from pinterest_async.emulator.model.quotas import Quotas
from pinterest_async.emulator.model.tokens import IssuedToken, TokenIssuer, utc
from pinterest_async.emulator.model.world import World

_log: Final = logging.getLogger(__name__)
_encode: Final = msgspec.json.Encoder().encode


class Api:
    """Answers requests: route, token, quota, description, then the handler or the schema."""

    def __init__(
        self,
        contract: Contract,
        world: World,
        auth: TokenIssuer,
        quotas: Quotas | None,
        handlers: Handlers,
        *,
        owner: str,
        check_answers: bool = False,
        prerendered: bool = False,
        remember: int = 0,
    ) -> None:
        self.world = world
        self.auth = auth
        self.quotas = quotas
        self.hooks: list[Hook] = []
        self.log: deque[LoggedRequest] = deque(maxlen=remember)
        self._contract = contract
        self._synthesis = Synthesis(contract.description, contract.answers)
        self._handlers: dict[str, Handler] = {
            "oauth/token": self._token,
            "oauth/conversion_token": self._conversion_token,
            "token/revoke": self._revoke,
            **handlers,
        }
        self.owner = owner
        self._check_answers = check_answers
        self._prerendered = prerendered
        self._rendered: dict[tuple[str, str] | None, HttpResponse] = {}
        self._answered = 0

    def answer(self, incoming: HttpRequest) -> HttpResponse:
        """Answer one request and log it."""
        state = _RequestState(incoming)
        try:
            operation, ids = self._contract.routes.find(incoming.method, state.path)
        except MethodNotAllowedError as error:
            answer = json_response(error.status, error.body, {"Allow": error.allowed})
            state.reason = error.reason
        except RejectedError as error:
            answer = json_response(error.status, error.body)
            state.reason = error.reason
        else:
            state.operation = operation
            rest = (operation, ids, state)
            answer = answer_with_hooks(self.hooks, operation, incoming, self._authorized, *rest)
        self._answered += 1
        answer.headers["x-pinterest-rid"] = f"{self.world.seed}{self._answered:012}"
        self.log.append(state.logged(answer))
        return answer

    def clear_prerendered(self) -> None:
        """Forget the pre-rendered bodies: the world has changed."""
        self._rendered.clear()

    def _authorized(
        self,
        incoming: HttpRequest,
        operation: ApiOperation,
        ids: dict[str, str],
        state: "_RequestState",
    ) -> HttpResponse:
        """The response after the checks of token and quota."""
        if incoming is not state.incoming:
            state.incoming, state.query = incoming, incoming.target.partition("?")[2]
        headers: dict[str, str] = {}
        try:
            token = self.auth.grant(operation, incoming.headers.get("Authorization"), incoming.now)
            state.user = token.user
            if self.quotas is not None:
                account = ids.get("ad_account_id", "")
                allowed, headers = self.quotas.spend(operation, token, account, incoming.now)
                if not allowed:
                    headers["x-envoy-ratelimited"] = "true"
                    name = self.quotas.exhausted(operation, token, account, incoming.now)
                    state.reason = f"the quota {name} is used up"
                    return json_response(429, _EXHAUSTED, headers)
            answer = self._handled(operation, ids, token, state)
        except RejectedError as error:
            answer = json_response(error.status, error.body)
            state.reason = error.reason
        except Exception:  # noqa: BLE001  (a handler's fault is an answer, and in the log)
            _log.exception("%s %s failed", operation.method, operation.path)
            answer = json_response(500, _BROKEN)
        answer.headers.update(headers)
        return answer

    def _handled(
        self,
        operation: ApiOperation,
        ids: dict[str, str],
        token: IssuedToken,
        state: "_RequestState",
    ) -> HttpResponse:
        incoming = state.incoming
        key = (token.user, incoming.target) if operation.method == "GET" else None
        known = self._rendered.get(key)
        if known is not None:
            return HttpResponse(status=known.status, body=known.body, headers=dict(known.headers))
        content_type = incoming.headers.get("Content-Type", "") if incoming.body else ""
        checked = self._contract.check(operation, ids, state.query, content_type, incoming.body)
        state.checked = checked
        call = ApiCall(
            operation=operation.id,
            path=checked.path,
            query=checked.query,
            body=checked.body,
            user=token.user or token.app,
            now=utc(incoming.now),
        )
        handler = self._handlers.get(operation.id)
        if handler is None:
            result = self._synthesis.answer(operation, call, self.world.seed)
        else:
            result = handler(self.world, call)
        answer = self._response(operation, result)
        if self._prerendered and key is not None:
            headers = dict(answer.headers)
            self._rendered[key] = msgspec.structs.replace(answer, headers=headers)
        return answer

    def _response(self, operation: ApiOperation, result: Any) -> HttpResponse:
        status, headers = operation.status, dict[str, str]()
        if isinstance(result, Reply):
            status = result.status or status
            headers.update(result.headers)
            result = result.body
        if result is None:
            return HttpResponse(status=status, headers=headers)
        body = result if isinstance(result, bytes) else _encode(result)
        headers.setdefault("Content-Type", "application/json")
        if self._check_answers:
            self._check(operation, status, body)
        return HttpResponse(status=status, body=body, headers=headers)

    def _check(self, operation: ApiOperation, status: int, body: bytes) -> None:
        """Check a response against the description.

        Raises:
            ValueError: where it does not fit.
        """
        problem = self._contract.mismatch(operation, status, msgspec.json.decode(body))
        if problem:
            raise ValueError(f"{operation.id} {status}: {problem}")

    # OAuth: the user of a call is the app where the client authenticates and no user does.

    def _token(self, _: World, call: ApiCall) -> Any:
        return self.auth.exchange(call.user, self.owner, call.body, call.now.timestamp())

    def _conversion_token(self, _: World, call: ApiCall) -> Any:
        kind = "conversion_token"
        token = self.auth.issue(call.user, call.now.timestamp(), scopes=(), kind=kind)
        return {"access_token": token, "token_type": "conversion"}

    def _revoke(self, _: World, call: ApiCall) -> Any:
        self.auth.revoke(call.body["token"])
        return Reply(status=200)


class _RequestState:
    """One request while it is answered, and what is known of it so far."""

    __slots__ = ("checked", "incoming", "operation", "path", "query", "reason", "user")

    def __init__(self, incoming: HttpRequest) -> None:
        self.incoming = incoming
        self.path, _, self.query = incoming.target.partition("?")
        self.operation: ApiOperation | None = None
        self.checked: CheckedRequest | None = None
        self.user = ""
        self.reason = ""

    def logged(self, answer: HttpResponse) -> LoggedRequest:
        """What the log stores."""
        operation, checked = self.operation, self.checked
        return LoggedRequest(
            operation=f"{operation.namespace}.{operation.name}" if operation else "",
            method=self.incoming.method,
            path=self.path,
            query=checked.query if checked else self.query,
            body=checked.body if checked else self.incoming.body,
            status=answer.status,
            user=self.user,
            when=self.incoming.now,
            reason="" if answer.status < 400 else self.reason or "a fault answered",
        )


_EXHAUSTED: Final = {"code": 8, "message": "Too many requests: wait until the window ends."}
_BROKEN: Final = {"code": 500, "message": "The emulator failed; see its log."}
