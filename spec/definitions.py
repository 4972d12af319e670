"""What a module of generated code consists of: values between the facts and the source text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Expression:
    """A type expression as source text, and the names of the definitions that it uses."""

    source: str
    uses: frozenset[str] = frozenset()

    def with_source(self, source: str) -> "Expression":
        """Wrap: other text, same uses."""
        return Expression(source, self.uses)

    @property
    def container(self) -> bool:
        """Whether it is a list or a map, and nothing else."""
        return re.fullmatch(r"(list|dict)\[.*\]", self.source) is not None

    def optional(self) -> "Expression":
        """Admit None."""
        if self.source in {"Any", "None"} or self.source.endswith("| None"):
            return self
        return self.with_source(f"{self.source} | None")

    def required(self) -> "Expression":
        """Refuse None."""
        return self.with_source(self.source.removesuffix(" | None"))


@dataclass(frozen=True)
class Field:
    """A field of a struct or a typed dict; what is not required in a struct is None or empty."""

    name: str
    wire_name: str
    type: Expression
    required: bool
    doc: str = ""

    @property
    def empty(self) -> bool:
        """Whether what is absent is an empty list or map rather than None."""
        return self.type.container and not self.required


@dataclass(frozen=True)
class Struct:
    """An object that answers hold. `tag` is `(field on the wire, value)` in a tagged union.

    `utc` names the fields that hold a moment, `secrets` those whose values are never shown,
    `absent` those that other variants of its union have: in this one they are None.
    `item` is what a page that holds more than items lists.
    """

    name: str
    fields: tuple[Field, ...]
    doc: str
    tag: tuple[str, str] | None = None
    utc: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    item: Expression | None = None


@dataclass(frozen=True)
class Row:
    """A row of analytics whose columns the caller chooses; `base` is the class it derives from."""

    name: str
    base: str
    always: tuple[Field, ...]
    columns: tuple[Field, ...]
    doc: str

    @property
    def fields(self) -> tuple[Field, ...]:
        """Those of a row that has all columns."""
        return *self.always, *self.columns


@dataclass(frozen=True)
class Input:
    """An object that requests hold."""

    name: str
    fields: tuple[Field, ...]
    doc: str


@dataclass(frozen=True)
class Alias:
    """A name for a vocabulary (whose known `values` it has), a union or a list."""

    name: str
    type: Expression
    doc: str = ""
    values: tuple[str, ...] = ()


Definition = Struct | Row | Input | Alias


def uses(definition: Definition) -> Iterator[str]:
    """Names of the definitions that one definition needs."""
    match definition:
        case Alias():
            yield from definition.type.uses
        case Row():
            yield from {definition.base} - {"Row"}
            for one in definition.fields:
                yield from one.type.uses
        case Struct() | Input():
            for one in definition.fields:
                yield from one.type.uses
            if isinstance(definition, Struct) and definition.item:
                yield from definition.item.uses


@dataclass(frozen=True)
class Argument:
    """A parameter of a generated method, as declared in its signature and in its operation."""

    name: str
    type: Expression
    required: bool
    encoding: str = "plain"
    doc: str = ""


@dataclass(frozen=True)
class RequestBody:
    """The body of a request: `type` names a typed dict (object, form) or is any type (others)."""

    kind: str
    type: Expression
    argument: str
    from_path: tuple[str, ...] = ()


@dataclass(frozen=True)
class Method:
    """One operation, ready to be written down.

    `former` is another name that it keeps, from before it had words. Under a former name in another
    namespace, `moved` is the method as it is called now. `since` is the version that tells of it,
    where that is newer than the description. `items_may_fail` is False where no answer can report
    items that failed.
    """

    id: str
    namespace: str
    name: str
    http_method: str
    path: str
    summary: str
    notes: str
    category: str
    path_arguments: tuple[Argument, ...]
    query: tuple[Argument, ...]
    body: RequestBody | None
    answer: Expression
    item: Expression | None
    row_columns: str | None
    sandbox: bool
    schemes: tuple[str, ...]
    scopes: tuple[tuple[str, ...], ...]
    idempotent: bool
    deprecated: bool
    retired: str
    since: str = ""
    items_may_fail: bool = True
    former: str = ""
    moved: "Method | None" = None


@dataclass
class Module:
    """One generated file: a namespace with the definitions that only it uses.

    `jobs` says that a hand-written subclass stands in its place on the client.
    """

    name: str
    summary: str
    definitions: list[Definition] = field(default_factory=list[Definition])
    methods: list[Method] = field(default_factory=list[Method])
    jobs: bool = False
