"""An operation of the API as a frozen value: what drives sending, limits, retries and tests."""

from typing import Any, Generic, Literal, TypeAlias, TypeVar

import msgspec

T = TypeVar("T")

HttpMethod: TypeAlias = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Encoding: TypeAlias = Literal["plain", "comma", "repeated", "deep"]
BodyKind: TypeAlias = Literal["object", "array", "union", "form"]


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """A path or query parameter.

    `type` is the annotation that a caller's value is checked against. `encoding` tells how a query
    value goes on the wire: `plain` (one value), `comma` (one comma-joined value), `repeated` (the
    name once for each item), `deep` (an object, `name[key]=value`).
    """

    name: str
    type: Any
    required: bool = False
    encoding: Encoding = "plain"


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """A request body.

    `object` and `form` bodies are keyword arguments typed by the `TypedDict` in `type`; an `array`
    body is one list, a `union` body one dict, and both are the positional argument named in
    `argument`. Fields in `from_path` repeat a path parameter and are filled from it.
    """

    kind: BodyKind
    type: Any
    argument: str = "body"
    from_path: tuple[str, ...] = ()


class Operation(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One operation of the API.

    `id` is Pinterest's operationId. `category` is its `x-ratelimit-category`. `path` holds the path
    parameters in braces. `answer` is the type that a successful body decodes to (`None` for an
    empty one); when `paged`, it is a `Page`. `row_columns` names the query parameter whose columns
    shape the rows of an analytics answer. `scopes` are alternatives, each a set of OAuth scopes;
    `schemes` names the ways to authenticate.
    """

    id: str
    namespace: str
    name: str
    method: HttpMethod
    path: str
    answer: Any
    category: str
    summary: str = ""
    path_parameters: tuple[Parameter, ...] = ()
    query: tuple[Parameter, ...] = ()
    body: Body | None = None
    paged: bool = False
    row_columns: str | None = None
    sandbox: bool = True
    schemes: tuple[str, ...] = ("pinterest_oauth2",)
    scopes: tuple[tuple[str, ...], ...] = ()
    idempotent: bool = False
    deprecated: bool = False
    retired: bool = False
