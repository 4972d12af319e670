"""The API without its sockets: a request in, an answer out."""

import logging
from collections import deque
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from pinterest_async.emulator.contract.calls import Call, Handler, Refusal, Reply
from pinterest_async.emulator.contract.contract import Contract
from pinterest_async.emulator.contract.description import MethodRefusal, Operation
from pinterest_async.emulator.contract.messages import Answer, Hook, Incoming, Record
from pinterest_async.emulator.contract.synthesis import Synthesis
from pinterest_async.emulator.contract.validation import Request
from pinterest_async.emulator.model.quotas import Quotas
from pinterest_async.emulator.model.tokens import Auth, Grant, moment
from pinterest_async.emulator.model.world import World

_log: Final = logging.getLogger(__name__)
_encode: Final = msgspec.json.Encoder().encode


class Api:
    """Answers requests: route, token, quota, description, then the handler or the schema."""

    def __init__(
        self,
        contract: Contract,
        world: World,
        auth: Auth,
        quotas: Quotas | None,
        handlers: Mapping[str, Handler],
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
        self.log: deque[Record] = deque(maxlen=remember)
        self._contract = contract
        self._synthesis = Synthesis(contract.description, contract.answers)
        self._handlers = {
            "oauth/token": self._token,
            "oauth/conversion_token": self._conversion_token,
            "token/revoke": self._revoke,
            **handlers,
        }
        self.owner = owner
        self._check_answers = check_answers
        self._prerendered = prerendered
        self._kept: dict[tuple[str, str] | None, Answer] = {}
        self._answered = 0

    def answer(self, incoming: Incoming) -> Answer:
        """Answer one request and remember it."""
        visit = _Visit(incoming)
        try:
            operation, path = self._contract.routes.find(incoming.method, visit.path)
        except MethodRefusal as refusal:
            answer = _refused(refusal, {"Allow": refusal.allowed})
        except Refusal as refusal:
            answer = _refused(refusal)
        else:
            visit.operation = operation
            answer = self._hooked(operation, path, visit)
        self._answered += 1
        answer.headers["x-pinterest-rid"] = f"{self.world.seed}{self._answered:012}"
        self.log.append(visit.record(answer.status))
        return answer

    def forget(self) -> None:
        """Forget the pre-rendered bodies: the world has become another."""
        self._kept.clear()

    def _hooked(self, operation: Operation, path: dict[str, str], visit: "_Visit") -> Answer:
        incoming = visit.incoming
        for hook in self.hooks:
            early = hook.before(operation, incoming)
            if isinstance(early, Answer):
                return early
            if early is not None:
                incoming = visit.incoming = early
                visit.query = incoming.target.partition("?")[2]
        answer = self._guarded(operation, path, visit)
        for hook in self.hooks:
            answer = hook.after(operation, incoming, answer)
        return answer

    def _guarded(self, operation: Operation, path: dict[str, str], visit: "_Visit") -> Answer:
        """The answer once token and quota allow one."""
        incoming = visit.incoming
        headers: dict[str, str] = {}
        try:
            grant = self.auth.grant(operation, incoming.headers.get("Authorization"), incoming.now)
            visit.user = grant.user
            if self.quotas is not None:
                account = path.get("ad_account_id", "")
                allowed, headers = self.quotas.spend(operation, grant, account, incoming.now)
                if not allowed:
                    headers["x-envoy-ratelimited"] = "true"
                    return _refused(_EXHAUSTED, headers)
            answer = self._served(operation, path, grant, visit)
        except Refusal as refusal:
            answer = _refused(refusal)
        except Exception:  # noqa: BLE001  (a handler's fault is an answer, and in the log)
            _log.exception("%s %s failed", operation.method, operation.path)
            answer = _refused(Refusal(500, 500, "The emulator failed; its log tells why."))
        answer.headers.update(headers)
        return answer

    def _served(
        self, operation: Operation, path: dict[str, str], grant: Grant, visit: "_Visit"
    ) -> Answer:
        incoming = visit.incoming
        key = (grant.user, incoming.target) if operation.method == "GET" else None
        kept = self._kept.get(key)
        if kept is not None:
            return Answer(status=kept.status, body=kept.body, headers=dict(kept.headers))
        content_type = incoming.headers.get("Content-Type", "") if incoming.body else ""
        request = self._contract.check(operation, path, visit.query, content_type, incoming.body)
        visit.request = request
        call = Call(
            operation=operation.id,
            path=request.path,
            query=request.query,
            body=request.body,
            user=grant.user or grant.app,
            now=moment(incoming.now),
        )
        handler = self._handlers.get(operation.id)
        if handler is None:
            said = self._synthesis.answer(operation, call, self.world.seed)
        else:
            said = handler(self.world, call)
        answer = self._rendered(operation, said)
        if self._prerendered and key is not None:
            headers = dict(answer.headers)
            self._kept[key] = Answer(status=answer.status, body=answer.body, headers=headers)
        return answer

    def _rendered(self, operation: Operation, said: Any) -> Answer:
        status, headers = operation.status, dict[str, str]()
        if isinstance(said, Reply):
            status = said.status or status
            headers.update(said.headers)
            said = said.body
        if said is None:
            return Answer(status=status, headers=headers)
        body = said if isinstance(said, bytes) else _encode(said)
        headers.setdefault("Content-Type", "application/json")
        if self._check_answers:
            self._check(operation, status, body)
        return Answer(status=status, body=body, headers=headers)

    def _check(self, operation: Operation, status: int, body: bytes) -> None:
        """Hold an answer against the description.

        Raises:
            ValueError: where it does not fit.
        """
        problem = self._contract.misfit(operation, status, msgspec.json.decode(body))
        if problem:
            raise ValueError(f"{operation.id} {status}: {problem}")

    # OAuth: a call's user is the app where its client authenticates and no user does.

    def _token(self, _: World, call: Call) -> Any:
        return self.auth.exchange(call.user, self.owner, call.body, call.now.timestamp())

    def _conversion_token(self, _: World, call: Call) -> Any:
        kind = "conversion_token"
        token = self.auth.issue(call.user, call.now.timestamp(), scopes=(), kind=kind)
        return {"access_token": token, "token_type": "conversion"}

    def _revoke(self, _: World, call: Call) -> Any:
        self.auth.revoke(call.body["token"])
        return Reply(status=200)


class _Visit:
    """One request on its way, and what is known of it so far."""

    __slots__ = ("incoming", "operation", "path", "query", "request", "user")

    def __init__(self, incoming: Incoming) -> None:
        self.incoming = incoming
        self.path, _, self.query = incoming.target.partition("?")
        self.operation: Operation | None = None
        self.request: Request | None = None
        self.user = ""

    def record(self, status: int) -> Record:
        """What the log keeps."""
        operation, request = self.operation, self.request
        return Record(
            operation=f"{operation.namespace}.{operation.name}" if operation else "",
            method=self.incoming.method,
            path=self.path,
            query=request.query if request else self.query,
            body=request.body if request else self.incoming.body,
            status=status,
            user=self.user,
            when=self.incoming.now,
        )


_EXHAUSTED: Final = Refusal(429, 8, "Too many requests: wait until the window ends.")


def _refused(refusal: Refusal, headers: Mapping[str, str] = {}) -> Answer:
    said = {"code": refusal.code, "message": refusal.message, **refusal.extra}
    return Answer(
        status=refusal.status,
        body=_encode(said),
        headers={"Content-Type": "application/json", **headers},
    )
