"""What lies outside the API: files that are downloaded and uploaded, and where users consent."""

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from pinterest_async.emulator.contract.calls import Refusal, Reply, Visit
from pinterest_async.emulator.contract.description import Operation
from pinterest_async.emulator.contract.messages import Answer, Hook, Incoming
from pinterest_async.emulator.handlers import HOSTS, customer_lists, media
from pinterest_async.emulator.handlers.downloads import WRITERS
from pinterest_async.emulator.model.tokens import Auth, moment
from pinterest_async.emulator.model.world import World

BASE: Final = "/v5"
"""Where the API is; all else is outside."""


def _transfer(namespace: str, name: str, method: str) -> Operation:
    return Operation(
        id=f"{namespace}/{name}",
        namespace=namespace,
        name=name,
        method=method,
        path="",
        category="",
        sandbox=True,
        schemes=(),
        scopes=(),
        parameters=(),
        answers={},
    )


UPLOADS: Final[Mapping[str, Operation]] = {
    media.HOST: _transfer("uploads", "media", "POST"),
    customer_lists.HOST: _transfer("uploads", "customer_list", "PUT"),
}
DOWNLOADS: Final[Mapping[str, Operation]] = {
    kind: _transfer("downloads", kind, "GET") for kind in sorted(WRITERS)
}
TRANSFERS: Final = (*DOWNLOADS.values(), *UPLOADS.values())
"""Named as operations are, so that faults can hit them: `downloads.report`, `uploads.media`."""


class Outside:
    """Answers requests outside the API."""

    def __init__(
        self, world: World, auth: Auth, hooks: list[Hook], authorize: Callable[..., str]
    ) -> None:
        self._world = world
        self._auth = auth
        self._hooks = hooks
        self._authorize = authorize

    def answer(self, incoming: Incoming) -> Answer:
        """Answer one request, whose target is all of its path and query."""
        parts = urlsplit(incoming.target)
        first, *rest = parts.path.split("/")[1:]
        transfer = DOWNLOADS.get(rest[0]) if first == "downloads" and rest else UPLOADS.get(first)
        if transfer is None:
            return self._said(incoming)
        for hook in self._hooks:
            early = hook.before(transfer, incoming)
            if isinstance(early, Answer):
                return early
        answer = self._said(incoming)
        for hook in self._hooks:
            answer = hook.after(transfer, incoming, answer)
        return answer

    def _said(self, incoming: Incoming) -> Answer:
        parts = urlsplit(incoming.target)
        first = parts.path.split("/")[1]
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        try:
            if first == "oauth" and incoming.method == "GET":
                reply = self._consent(query)
            elif first in HOSTS:
                visit = Visit(
                    method=incoming.method,
                    path=unquote(parts.path),
                    query=query,
                    headers={name.lower(): value for name, value in incoming.headers.items()},
                    body=incoming.body,
                    now=moment(incoming.now),
                )
                reply = HOSTS[first](self._world, visit)
            else:
                said = f"Nothing is here; the API is below {BASE}"
                reply = Reply(status=404, body=said.encode())
        except Refusal as refusal:
            reply = Reply(status=refusal.status, body=refusal.message.encode())
        return Answer(
            status=reply.status or 200, body=reply.body or b"", headers=dict(reply.headers)
        )

    def _consent(self, query: Mapping[str, str]) -> Reply:
        """The page where a user consents: this one does so at once."""
        target = query.get("redirect_uri", "")
        if query.get("client_id") not in self._auth.ledger.apps or not target:
            raise Refusal(400, 1, "client_id or redirect_uri is missing or unknown")
        if query.get("response_type") != "code":
            raise Refusal(400, 1, "response_type: must be code")
        scopes = [one for one in query.get("scope", "").split(",") if one]
        code = self._authorize(target, scopes=scopes)
        said = {"code": code, **({"state": query["state"]} if "state" in query else {})}
        joint = "&" if urlsplit(target).query else "?"
        return Reply(status=302, headers={"Location": target + joint + urlencode(said)})
