"""Operations of the description -> methods, ready to be written down."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from definitions import Argument, Expression, Method, RequestBody
from naming import pascal, singular
from overlay import OperationWords, Overlay
from schemas import Schemas
from shapes import component_of
from type_names import Place
from values import Schema, enum_values

_METHODS = ("get", "post", "put", "patch", "delete")
_REFERENCE = re.compile(r'"#/components/schemas/([^"]+)"')
_COLUMNS = "columns"
_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
_IN_PATH = re.compile(r"{([^}]*)}")
ROW_BASE = "AnalyticsRow"


def raw_operations(document: Schema) -> Iterator[tuple[str, str, str, Schema]]:
    """`(path, http method, pointer, operation)` of each operation, in the document's order."""
    for path, item in document["paths"].items():
        shared = item.get("parameters", [])
        for http_method in _METHODS:
            if http_method in item:
                operation = dict(item[http_method])
                operation["parameters"] = [*shared, *operation.get("parameters", [])]
                where = path.replace("~", "~0").replace("/", "~1")
                yield path, http_method, f"/paths/{where}/{http_method}", operation


def referenced(document: Schema, schema: Any) -> set[str]:
    """Components that a schema refers to, also by a discriminator's mapping."""
    found: set[str] = set()
    open_ends = [schema]
    while open_ends:
        text = msgspec.json.encode(open_ends.pop()).decode()
        for component in _REFERENCE.findall(text):
            if component not in found:
                found.add(component)
                open_ends.append(document["components"]["schemas"][component])
    return found


def success(operation: Schema) -> tuple[str, Schema | None]:
    """Status and schema of the successful answer; no schema for an empty one.

    Where several statuses have bodies of their own, the answer is one of these.
    """
    answers = {s: r for s, r in operation["responses"].items() if s.startswith("2")}
    found: dict[str, Schema] = {}
    for status in sorted(answers):
        content = answers[status].get("content", {})
        if content:
            schema = media(content)[1].get("schema", {})
            if schema not in found.values():
                found[status] = schema
    if len(found) > 1:
        return min(found), {"anyOf": list(found.values())}
    return next(iter(found.items()), (min(answers), None))


def may_be_empty(operation: Schema) -> bool:
    """Whether one of the successful answers has no body."""
    answers = (r for status, r in operation["responses"].items() if status.startswith("2"))
    return any(not one.get("content") for one in answers)


def media(content: Schema) -> tuple[str, Schema]:
    """The kind of content that is sent and read, JSON if there is a choice."""
    kinds = sorted(content, key=lambda kind: kind != _JSON)  # stable: else the first one
    return kinds[0], content[kinds[0]]


def shared_components(document: Schema) -> frozenset[str]:
    """Components that both requests and answers use."""
    sent: set[str] = set()
    received: set[str] = set()
    for _, _, _, operation in raw_operations(document):
        for parameter in operation["parameters"]:
            sent |= referenced(document, parameter_facts(document, parameter)["schema"])
        if "requestBody" in operation:
            sent |= referenced(document, operation["requestBody"])
        received |= referenced(document, success(operation)[1] or {})
    return frozenset(sent & received)


def parameter_facts(document: Schema, parameter: Schema) -> Schema:
    """A parameter, references followed."""
    while "$ref" in parameter:
        parameter = document["components"]["parameters"][parameter["$ref"].rsplit("/", 1)[-1]]
    return parameter


class Planner:
    """Plans the methods of one document."""

    def __init__(self, document: Schema, overlay: Overlay, schemas: Schemas) -> None:
        self.document = document
        self.overlay = overlay
        self.schemas = schemas

    def methods(self) -> Iterator[Method]:
        """A method for each operation. Answers come first: they get the plain names of types."""
        for _, _, pointer, operation in raw_operations(self.document):
            self.answer(operation, pointer, self.words(operation).name)
        for path, http_method, pointer, operation in raw_operations(self.document):
            yield self.method(path, http_method, pointer, operation)

    def words(self, operation: Schema) -> OperationWords:
        """What the overlay says of an operation."""
        return self.overlay.operations[operation["operationId"]]

    def method(self, path: str, http_method: str, pointer: str, operation: Schema) -> Method:
        """Plan one method."""
        words = self.words(operation)
        namespace, _, name = words.name.partition(".")
        parameters = [parameter_facts(self.document, p) for p in operation["parameters"]]
        in_path = {p["name"]: p for p in parameters if p["in"] == "path"}
        query = tuple(
            self.argument(p, words.name, declared.get("$ref", f"#{pointer}/parameters/{n}")[1:])
            for n, (declared, p) in enumerate(zip(operation["parameters"], parameters, strict=True))
            if p["in"] == "query"
        )
        path_arguments = tuple(
            self.argument(in_path.get(one, _undeclared(one)), words.name, pointer)
            for one in _IN_PATH.findall(path)
        )
        answer, item, rows = self.answer(operation, pointer, words.name)
        reads = http_method in {"get", "put", "delete"}
        return Method(
            id=operation["operationId"],
            namespace=namespace,
            name=name,
            http_method=http_method.upper(),
            path=path,
            summary=words.summary,
            notes=words.notes,
            category=operation["x-ratelimit-category"],
            path_arguments=path_arguments,
            query=query,
            body=self.body(operation, pointer, words, frozenset(in_path)),
            answer=answer,
            item=item,
            row_columns=_COLUMNS if rows else None,
            sandbox=operation.get("x-sandbox", "enabled") == "enabled",
            schemes=security(operation),
            scopes=scopes(operation),
            idempotent=reads if words.idempotent is None else words.idempotent,
            deprecated=bool(operation.get("deprecated")),
            retired=operation.get("x-retired-in", ""),
            since=operation.get("x-since", ""),
        )

    def argument(self, parameter: Schema, method: str, pointer: str) -> Argument:
        """A path or query parameter."""
        name = parameter["name"]
        owner, longer = pascal(method.split(".")[0]), pascal(method)
        schema, at = self.schemas.shapes.resolve(parameter["schema"], f"{pointer}/schema")
        place = Place(at, "in", owner + pascal(name), longer + pascal(name))
        if parameter["in"] == "path":
            return Argument(name, self.schemas.expression(parameter["schema"], place), True)
        return Argument(
            name,
            self.schemas.expression(parameter["schema"], place),
            bool(parameter.get("required")),
            encoding(parameter, schema),
            self.argument_doc(name, {**schema, **parameter["schema"]}),
        )

    def argument_doc(self, name: str, schema: Schema) -> str:
        """Unit and limits of a parameter."""
        return self.schemas.doc("parameters", name, schema)

    def body(
        self, operation: Schema, pointer: str, words: OperationWords, in_path: frozenset[str]
    ) -> RequestBody | None:
        """The request body, if there is one."""
        content: Schema = operation.get("requestBody", {}).get("content", {})
        if not content:
            return None
        content_type, found = media(content)
        schema = found.get("schema", {})
        resolved, at = self.schemas.shapes.resolve(schema, f"{pointer}/requestBody")
        place = Place(at, "in", f"{pascal(words.name.replace('.', '_'))}Body")
        if resolved.get("type") == "array":
            expression = self.schemas.expression(schema, place)
            item = self.schemas.shapes.properties(resolved.get("items", {}), at)
            repeated = tuple(sorted(in_path & item.keys()))
            self.schemas.optional(expression.uses, repeated)
            return RequestBody("array", expression, words.body_name or "items", repeated)
        expression = self.schemas.expression(schema, place).required()
        union = "oneOf" in resolved or "anyOf" in resolved
        if union or not self.schemas.is_input(expression.source):
            argument = words.body_name or singular(words.name.split(".")[0])
            return RequestBody("union", expression, argument)
        repeated = tuple(sorted(in_path & self.schemas.shapes.properties(schema, at).keys()))
        self.schemas.without(expression.source, repeated)
        return RequestBody(
            "form" if content_type == _FORM else "object", expression, "body", repeated
        )

    def answer(
        self, operation: Schema, pointer: str, name: str
    ) -> tuple[Expression, Expression | None, bool]:
        """Type of the answer, type of an item when it is a page, and whether rows vary."""
        status, schema = success(operation)
        if schema is None:
            return Expression("None"), None, False
        at = f"{pointer}/responses/{status}/content/application~1json/schema"
        resolved, at = self.schemas.shapes.resolve(schema, at)
        title = pascal(name.replace(".", "_"))
        every = (parameter_facts(self.document, one) for one in operation["parameters"])
        parameters = {one["name"]: one for one in every}
        columns = parameters.get(_COLUMNS)
        if columns and resolved.get("type") == "array":
            item, item_at = self.schemas.shapes.resolve(resolved.get("items", {}), f"{at}/items")
            if item.get("additionalProperties"):
                rows = self._rows(columns, title, item, item_at)
                return self.schemas.alias(self._title(schema, f"{title}Rows"), rows), None, True
        properties = self.schemas.shapes.properties(schema, at)
        reads = not pointer.endswith("/delete") and "requestBody" not in operation
        if _is_page(properties.keys(), reads=reads, walks="bookmark" in parameters):
            items = properties["items"]
            array, array_at = self.schemas.shapes.resolve(items.schema, items.pointer)
            inline = Place(f"{array_at}/items", "out", f"{title}Item")
            item_type = self.schemas.expression(array.get("items", {}), inline)
            more = {name: properties[name] for name in properties.keys() - {"items", "bookmark"}}
            if more:
                return self.schemas.page(f"{title}Page", item_type, more), item_type, False
            return item_type.with_source(f"Page[{item_type.source}]"), item_type, False
        place = Place(at, "out", f"{title}Answer")
        expression = self.schemas.expression(schema, place)
        if "list[" in expression.source:  # a method named list would shadow it in the class body
            expression = self.schemas.alias(self._title(schema, f"{title}Answer"), expression)
        if may_be_empty(operation) and not expression.source.endswith("| None"):
            expression = expression.with_source(f"{expression.source} | None")
        return expression, None, False

    def _title(self, schema: Schema, otherwise: str) -> str:
        ref = schema.get("$ref")
        return self.schemas.names.of_component(component_of(ref)) if ref else otherwise

    def _rows(self, columns: Schema, title: str, item: Schema, at: str) -> Expression:
        array, _ = self.schemas.shapes.resolve(columns["schema"], "")
        values, _ = self.schemas.shapes.resolve(array.get("items", {}), "")
        base = self.schemas.row_columns(ROW_BASE, enum_values(values) or ())
        row = self.schemas.row(f"{title}Row", item, at, base)
        return row.with_source(f"list[{row.source}]")


def _undeclared(name: str) -> Schema:
    """A path parameter that the path has and nothing describes."""
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _is_page(properties: Any, *, reads: bool, walks: bool) -> bool:
    """Whether an answer is a part of a list; one that can be walked may hold more beside it."""
    names = set(properties)
    if "items" not in names or (names - {"items", "bookmark"} and not walks):
        return False
    return "bookmark" in names or (reads and names == {"items"})


def encoding(parameter: Schema, schema: Schema) -> str:
    """How a parameter's value goes on the wire, in one word."""
    if parameter.get("style") == "deepObject":
        return "deep"
    if schema.get("type") != "array":
        return "plain"
    return "repeated" if parameter.get("explode", True) else "comma"


def security(operation: Schema) -> tuple[str, ...]:
    """Names of the ways to authenticate."""
    return tuple(dict.fromkeys(name for one in operation.get("security", ()) for name in one))


def scopes(operation: Schema) -> tuple[tuple[str, ...], ...]:
    """The sets of OAuth scopes, of which one is enough."""
    sets = (
        tuple(sorted(scopes)) for one in operation.get("security", ()) for scopes in one.values()
    )
    return tuple(dict.fromkeys(one for one in sets if one))
