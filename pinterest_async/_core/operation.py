"""An operation of the API as a frozen value, and the ids that its calls have in their paths.

It drives sending, limits, retries and tests.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final, Generic, Literal, TypeAlias, TypeGuard, TypeVar

import msgspec
from msgspec import UNSET
from msgspec.structs import force_setattr

from pinterest_async._core.types import Id

T = TypeVar("T")

HttpMethod: TypeAlias = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Encoding: TypeAlias = Literal["plain", "comma", "repeated", "deep"]
BodyKind: TypeAlias = Literal["object", "array", "union", "form"]

SCOPES: Final = frozenset({"ad_account_id", "business_id"})
"""Path parameters that a client may supply: keyword arguments, where all others are positional."""

_REPEATABLE: Final = frozenset({"GET", "PUT", "DELETE"})


def between(kind: Any, least: float | None = None, most: float | None = None) -> Any:
    """The annotation of a number from `least` to `most`."""
    return Annotated[kind, msgspec.Meta(ge=least, le=most)]


def several(item: Any, least: int | None = None, most: int | None = None) -> Any:
    """The annotation of a list that has from `least` to `most` items."""
    return Annotated[Sequence[item], msgspec.Meta(min_length=least, max_length=most)]


def parts_of(path: str) -> tuple[str, list[tuple[str, str]]]:
    """What stands before the parameters of a path, and each by its name, with what follows it."""
    first, *others = path.split("{")
    return first, [(name, after) for name, _, after in (one.partition("}") for one in others)]


class Parameter(msgspec.Struct, frozen=True):
    """A path or query parameter.

    `type` is the annotation that a caller's value is checked against. `encoding` says how a query
    value goes on the wire: `plain` (one value), `comma` (one comma-joined value), `repeated` (the
    name once for each item), `deep` (an object, `name[key]=value`).
    """

    name: str
    type: Any
    required: bool = False
    encoding: Encoding = "plain"


class Body(msgspec.Struct, frozen=True):
    """A request body.

    `object` and `form` bodies are keyword arguments typed by the `TypedDict` in `type`; an `array`
    body is one list, a `union` body one dict, and both are the positional argument named in
    `argument`. Fields in `from_path` repeat a path parameter and are filled from it.
    """

    kind: BodyKind
    type: Any
    argument: str = "body"
    from_path: tuple[str, ...] = ()


class Operation(msgspec.Struct, Generic[T], frozen=True):
    """One operation of the API.

    `namespace` and `name` are those of its method; a name may hold both, `boards.get`. `id` is
    Pinterest's operationId; left out, it is `namespace/name`. `category` is its
    `x-ratelimit-category`. `path` holds the path parameters in braces; left out,
    `path_parameters` are these, each an id. `answer` is the type that a successful body decodes to
    (`None` for an empty one); when `paged`, it is a `Page`. `row_columns` names the query parameter
    whose columns shape the rows of an analytics answer. `scopes` are alternatives, each a set of
    OAuth scopes; `schemes` names the ways to authenticate. `idempotent` says that it may be
    repeated without harm; left out, GET, PUT and DELETE may. `items_may_fail` says whether answers
    can report items that failed; left out, their type tells. `since` is the version of the API
    that an operation is known from, where Pinterest's description is not of that version yet: its
    category, scopes and sandbox are guesses then.
    """

    name: str
    method: HttpMethod
    path: str
    answer: Any
    category: str
    namespace: str = ""
    id: str = ""
    path_parameters: tuple[Parameter, ...] = ()
    query: tuple[Parameter, ...] = ()
    body: Body | None = None
    paged: bool = False
    row_columns: str | None = None
    sandbox: bool = True
    schemes: tuple[str, ...] = ("pinterest_oauth2",)
    scopes: tuple[tuple[str, ...], ...] = ()
    idempotent: bool | None = None
    deprecated: bool = False
    retired: bool = False
    since: str = ""
    items_may_fail: bool | None = None

    def __post_init__(self) -> None:
        if not self.path.isprintable():  # else it could end the first line of a request
            raise ValueError(f"the path {self.path!r} has a control character in it")
        if not self.namespace and self.name.replace(".", "").isidentifier():
            namespace, _, name = self.name.rpartition(".")
            force_setattr(self, "namespace", namespace)
            force_setattr(self, "name", name)
        if not self.id:
            force_setattr(self, "id", f"{self.namespace}/{self.name}")
        if self.idempotent is None:
            force_setattr(self, "idempotent", self.method in _REPEATABLE)
        if not self.path_parameters and "{" in self.path:
            _, places = parts_of(self.path)
            parameters = tuple(Parameter(name, Id, required=True) for name, _ in places)
            force_setattr(self, "path_parameters", parameters)

    def __repr__(self) -> str:
        return f"<Operation {self.full_name}: {self.method} {self.path}>"

    @property
    def full_name(self) -> str:
        """Namespace and name, as they are called: `boards.get`."""
        return f"{self.namespace}.{self.name}" if self.namespace else self.name


def is_operation(value: object) -> TypeGuard[Operation[Any]]:
    """Whether a value is an operation."""
    return isinstance(value, Operation)


def fill_path(
    operation: Operation[Any],
    path: Sequence[Any],
    given: Mapping[str, str | None],
    scope: Mapping[str, str | None],
) -> tuple[Any, ...]:
    """The values of all path parameters in their order; UNSET where none is known.

    `path` holds those that stand by position, `given` the scope ids of the call, `scope` those of
    the client. Only path parameters are filled from it: a query parameter `ad_account_id` asks to
    act for an account, which nobody means who merely set a default account.
    """
    positional = iter(path)
    values: list[Any] = []
    for parameter in operation.path_parameters:
        name = parameter.name
        if name in SCOPES:
            own = given.get(name)
            values.append(own if own is not None else scope.get(name) or UNSET)
        else:
            values.append(next(positional, UNSET))
    return (*values, *positional)


IdTests: TypeAlias = tuple[Callable[[str], bool], ...]

_TESTS: Final[dict[str, tuple[Operation[Any], IdTests | None]]] = {}
"""What the ids of an operation have to be; None where a call takes more than ids."""


def has_only_ids(
    operation: Operation[Any], path: Sequence[Any], query: Mapping[str, Any], body: Any
) -> bool:
    """Whether a call holds ids alone, all of them and good ones, so that it needs no checks.

    False says nothing about the call: `check_call` does.
    """
    if query or body is not UNSET:
        return False
    known = _TESTS.get(operation.id)
    if known is None or known[0] is not operation:
        known = _TESTS[operation.id] = (operation, _tests(operation))
    tests = known[1]
    if tests is None or len(path) != len(tests):
        return False
    for value, is_good in zip(path, tests, strict=True):
        if type(value) is not str or not value.isascii() or not is_good(value):
            return False
    return True


def id_test(annotation: Any) -> Callable[[str], bool] | None:
    """What tells good ids of a type from texts that need a closer look; None for other types."""
    if annotation is Id:
        return str.isdigit
    return str.isalnum if annotation is str else None


def _tests(operation: Operation[Any]) -> IdTests | None:
    if operation.body is not None or any(one.required for one in operation.query):
        return None
    tests = [id_test(one.type) for one in operation.path_parameters]
    return None if None in tests else tuple(test for test in tests if test is not None)
