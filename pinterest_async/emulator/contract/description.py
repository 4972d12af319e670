"""Pinterest's own description of its API, as `spec/` ships it: operations, schemas, routes.

The emulator knows requests and answers from here and not from the client's types, so a mistake in
the generated client is found out and not shared.
"""

from collections.abc import Mapping
from importlib import resources
from typing import Any, Final, Literal
from urllib.parse import unquote

import msgspec

from pinterest_async.emulator.contract.calls import RejectedError

Schema = Mapping[str, Any]
"""A schema in the words of OpenAPI 3.0."""

PREFIX: Final = "#/components/schemas/"


class ApiParameter(msgspec.Struct, frozen=True, kw_only=True):
    """A path or query parameter; `encoding` as in the client's `Parameter`."""

    name: str
    place: Literal["path", "query"]
    required: bool
    encoding: Literal["plain", "comma", "repeated", "deep"]
    schema: dict[str, Any]


class ApiBody(msgspec.Struct, frozen=True, kw_only=True):
    """A request body."""

    content_type: str
    required: bool
    schema: dict[str, Any]


class ApiOperation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation. `answers` holds a schema for each status, None for an empty body.

    `status` is that of success.
    """

    id: str
    namespace: str
    name: str
    method: str
    path: str
    category: str
    sandbox: bool
    schemes: tuple[str, ...]
    scopes: tuple[tuple[str, ...], ...]
    parameters: tuple[ApiParameter, ...]
    answers: dict[str, dict[str, Any] | None]
    status: int = 200
    body: ApiBody | None = None

    def answer(self, status: int) -> dict[str, Any] | None:
        """The schema of the answer with this status; None for an empty one."""
        return self.answers.get(str(status), self.answers.get("default"))


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """The whole API."""

    version: str
    operations: tuple[ApiOperation, ...]
    schemas: dict[str, dict[str, Any]]

    def resolve(self, schema: Schema) -> Schema:
        """Follow references to the schema itself."""
        while "$ref" in schema:
            schema = self.schemas[schema["$ref"].removeprefix(PREFIX)]
        return schema

    def lists_errors(self, operation: ApiOperation) -> bool:
        """Whether its answer has a list of errors beside the list of what was written."""
        answer = self.resolve(operation.answer(operation.status) or {})
        return "errors" in answer.get("properties", {})


def load() -> Description:
    """The description that ships with the package."""
    text = (resources.files("pinterest_async.emulator.contract") / "description.json").read_bytes()
    return msgspec.json.decode(text, type=Description)


class MethodNotAllowedError(RejectedError):
    """405: the path has other methods."""

    def __init__(self, method: str, allowed: str) -> None:
        super().__init__(405, 5, f"This path does not know {method}, only {allowed}")
        self.allowed = allowed


class _Node:
    """A place in the tree of paths: what may follow, and the operations that end here."""

    __slots__ = ("children", "methods", "variable")

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.variable: _Node | None = None
        self.methods: dict[str, tuple[ApiOperation, tuple[str, ...]]] = {}


class Routes:
    """Finds the operation of a method and a path; fixed words win over parameters."""

    def __init__(self, operations: tuple[ApiOperation, ...]) -> None:
        self._root = _Node()
        for operation in operations:
            node = self._root
            names: list[str] = []
            for part in operation.path.split("/")[1:]:
                if part.startswith("{"):
                    names.append(part[1:-1])
                    node.variable = node = node.variable or _Node()
                else:
                    node = node.children.setdefault(part, _Node())
            node.methods[operation.method] = operation, tuple(names)

    def find(self, method: str, path: str) -> tuple[ApiOperation, dict[str, str]]:
        """The operation and its path parameters, for a path below the base that is still encoded.

        Raises:
            RejectedError: 404 for a path and 405 for a method that the description lacks.
        """
        values: list[str] = []
        node = _descend(self._root, path.removesuffix("/").split("/")[1:], values)
        if node is None:
            raise RejectedError(404, 404, f"There is no such path: {path}")
        found = node.methods.get(method)
        if found is None:
            raise MethodNotAllowedError(method, ", ".join(sorted(node.methods)))
        operation, names = found
        return operation, dict(zip(names, values, strict=True))


def _descend(node: _Node, parts: list[str], values: list[str]) -> _Node | None:
    if not parts:
        return node if node.methods else None
    part, *rest = parts
    child = node.children.get(part)
    if child is not None:
        found = _descend(child, rest, values)
        if found is not None:
            return found
    if node.variable is None or not part:
        return None
    values.append(unquote(part) if "%" in part else part)
    found = _descend(node.variable, rest, values)
    if found is None:
        values.pop()
    return found
