"""Requests without sockets, and jsonschema over `spec/` as the judge of what comes back."""

import base64
from typing import Any

import msgspec
from contract.bench import tools
from contract.document import Described
from emulator.requests import Wire

from pinterest_async.emulator import Emulator, HttpRequest, HttpResponse


def basic(emulator: Emulator) -> str:
    return "Basic " + base64.b64encode(":".join(emulator.client).encode()).decode()


def ask(
    emulator: Emulator, operation: Described, wire: Wire, authorization: str | None = None
) -> HttpResponse:
    if authorization is None:
        is_basic = "basic" in operation.schemes
        authorization = basic(emulator) if is_basic else f"Bearer {emulator.token}"
    headers = {"Authorization": authorization, "Content-Type": wire.content_type}
    return emulator.api.answer(
        HttpRequest(
            method=wire.method,
            target=wire.target,
            headers=headers,
            body=wire.body,
            now=1_781_006_400.0,
        )
    )


def judged(operation: Described, answer: HttpResponse) -> list[str]:
    """What is wrong with an answer, by the description."""
    responses: Any = operation.document.raw["paths"][operation.path][operation.method.lower()]
    responses = responses["responses"]
    described = responses.get(str(answer.status), responses.get("default"))
    content = described.get("content", {})
    if not content:
        return [] if not answer.body else ["there is a body"]
    schema = next(iter(content.values()))["schema"]
    return tools(operation).answer_judge.problems(msgspec.json.decode(answer.body), schema)
