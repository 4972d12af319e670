"""Methods -> source text: the constant that holds an operation, and the method that calls it."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from definitions import Argument, Field, Method
from naming import attribute, constant
from source_text import as_tuple, docstring, packed, quoted, types_of

SCOPES = frozenset({"ad_account_id", "business_id"})
"""Path parameters that a client may supply: keywords, where all others are positional."""
_FEW = 2
"""A parameter that so many operations declare alike is spelt out in each."""
_BODY_FIELDS = 40
"""Fields of a body that a method's docstring lists; the type lists them all."""


_LIMITS = re.compile(r'Annotated\[([^\[\]]*(?:\[[^\[\]]*\])?), Meta\(((?:"[^"]*"|[^")])*)\)\]')


def _plain(source: str) -> str:
    """The type without its limits: what a signature shows."""
    while _LIMITS.search(source):
        source = _LIMITS.sub(r"\1", source)
    source = re.sub(r"Annotated\[int, Literal\[[^\]]*\]\]", "int", source)
    return types_of(re.sub(r"\b(Id|Base64|Hash)\b", "str", source))


def _brief(source: str) -> str:
    """The type with its limits in the words that operations use for them."""

    def said(match: re.Match[str]) -> str:
        kind, limits = match.groups()
        named = (
            dict(part.split("=", 1) for part in limits.split(", ")) if 'r"' not in limits else {}
        )
        if kind.startswith("Sequence["):
            least, most = named.get("min_length"), named.get("max_length")
            bounds = [least or "None", most] if most else [least or "None"]
            return f"several({kind[9:-1]}, {', '.join(bounds)})"
        if named.keys() <= {"ge", "le"} and named:
            bounds = [named.get("ge", "None")] + ([named["le"]] if "le" in named else [])
            return f"between({kind}, {', '.join(bounds)})"
        return match.group(0)

    return types_of(_LIMITS.sub(said, source))


def common_parameters(methods: Iterable[Method]) -> dict[str, str]:
    """Constants for query parameters that several namespaces declare alike: source -> name."""
    users: dict[str, list[str]] = defaultdict(list)
    for one in methods:
        for argument in one.query:
            users[_parameter(argument)].append(one.namespace)
    found: dict[str, str] = {}
    for source, namespaces in sorted(users.items(), key=lambda item: -len(item[1])):
        name = source.split('"')[1].upper()
        if len(namespaces) > _FEW and len(set(namespaces)) > 1 and name not in found.values():
            found[source] = name
    return found


def parameters(methods: Iterable[Method]) -> set[str]:
    """Sources of the query parameters that methods declare."""
    return {_parameter(argument) for one in methods for argument in one.query}


def operation(method: Method, common: Mapping[str, str] = MappingProxyType({})) -> str:
    """Source of the constant that holds an operation: what differs from the default.

    `common` are the constants that parameters have, by their source.
    """
    answer = _answer_source(method)
    kind = answer if method.item is None else f"Page[{types_of(method.item.source)}]"
    names = (f"{method.namespace}.{method.name}", method.http_method, method.path)
    what = [*map(quoted, names), answer, quoted(method.category)]
    parts: list[str] = []
    if method.id != f"{method.namespace}/{method.name}":
        parts.append(f'id="{method.id}"')
    if any(one.type.source != "Id" for one in method.path_arguments):
        parts.append(f"path_parameters={_tuple(map(_parameter, method.path_arguments))}")
    if method.query:
        declared = map(_parameter, method.query)
        parts.append(f"query={_tuple(common.get(one, one) for one in declared)}")
    if method.body:
        body = [f'"{method.body.kind}"', _brief(method.body.type.source)]
        if method.body.argument != "body":
            body.append(f'argument="{method.body.argument}"')
        if method.body.from_path:
            body.append(f"from_path={as_tuple(method.body.from_path)}")
        parts.append(f"body=Body({', '.join(body)})")
    if method.item is not None:
        parts.append("paged=True")
    if method.row_columns:
        parts.append(f'row_columns="{method.row_columns}"')
    if not method.sandbox:
        parts.append("sandbox=False")
    if method.schemes != ("pinterest_oauth2",):
        parts.append(f"schemes={as_tuple(method.schemes)}")
    if method.scopes:
        parts.append(f"scopes={_tuple(map(as_tuple, method.scopes))}")
    if method.idempotent != (method.http_method in {"GET", "PUT", "DELETE"}):
        parts.append(f"idempotent={method.idempotent}")
    if method.deprecated or method.retired:
        parts.append("deprecated=True")
    if method.retired:
        parts.append("retired=True")
    if not method.items_may_fail:
        parts.append("items_may_fail=False")
    if method.since:
        parts.append(f'since="{method.since}"')
    lines = [packed(what), *([packed(parts)] if parts else [])]
    return "\n".join([f"{operation_name(method)}: Final = Operation[{kind}](", *lines, ")"])


def operation_name(one: Method) -> str:
    """Name of the constant that holds the operation of a method."""
    here = one.moved or one
    return constant(f"{here.namespace}.{here.name}")


def _answer_source(method: Method) -> str:
    return types_of(method.answer.source)


def _tuple(items: Iterable[str]) -> str:
    """The literal of a tuple, without a last comma that would keep each item on a line."""
    first, *rest = items
    return f"({', '.join((first, *rest))})" if rest else f"({first},)"


def _parameter(one: Argument) -> str:
    return (
        f'Parameter("{one.name}", {_brief(one.type.source)}'
        + (", required=True" if one.required else "")
        + (f', encoding="{one.encoding}"' if one.encoding != "plain" else "")
        + ")"
    )


def method(one: Method, fields: Sequence[Field] = ()) -> str:
    """Source of one method of a namespace class; `fields` are those of its body."""
    kind = one.body.kind if one.body else None
    spread = kind in {"object", "form"}
    positional = [
        f"{attribute(a.name)}: {_plain(a.type.source)}"
        for a in one.path_arguments
        if a.name not in SCOPES
    ]
    given = [attribute(a.name) for a in one.path_arguments if a.name not in SCOPES]
    if one.body and not spread:
        positional.append(f"{one.body.argument}: {_plain(one.body.type.source)}")
    scopes = [a.name for a in one.path_arguments if a.name in SCOPES]
    keywords = [f"{name}: str | None = None" for name in scopes]
    keywords += [
        f"{attribute(a.name)}: {_plain(a.type.source if a.required else a.type.optional().source)}"
        + ("" if a.required else " = None")
        for a in sorted(one.query, key=lambda a: not a.required)
    ]
    tail = [f"**body: Unpack[{one.body.type.source}]"] if one.body and spread else []
    signature = ", ".join(["self", *positional, *(["*"] if keywords else []), *keywords, *tail])
    arguments = [operation_name(one), *given, *(f"{name}={name}" for name in scopes)]
    if one.query:
        pairs = ", ".join(f'"{a.name}": {attribute(a.name)}' for a in one.query)
        arguments.append(f"query={{{pairs}}}")
    if one.body:
        arguments.append(f"body={'body' if spread else one.body.argument}")
    call = ", ".join(arguments)
    doc = docstring(_method_doc(one, fields), 8)
    head = f"    @calls({operation_name(one)})\n"
    if one.item is not None:
        answer = f"Pager[{types_of(one.item.source)}]"
        return (
            f"{head}    def {one.name}({signature}) -> {answer}:\n{doc}\n"
            f"        return self._pages({call})"
        ) + _former(one)
    # Without data there is something to return too: the whole answer, where `send` asks for it.
    return (
        f"{head}    async def {one.name}({signature}) -> {_answer_source(one)}:\n{doc}\n"
        f"        return await self._call({call})"
    ) + _former(one)


def _former(one: Method) -> str:
    """The name that a method had before, if it was one of the same namespace."""
    namespace, _, name = one.former.partition(".")
    if namespace != one.namespace:
        return ""
    return f'\n\n    {name} = {one.name}\n    """A former name of `{one.name}`."""'


def _method_doc(one: Method, fields: Sequence[Field]) -> str:
    facts = [f"Counts against `{one.category}`"]
    if one.scopes:
        facts.append("scopes " + " or ".join(", ".join(s) for s in one.scopes))
    if not one.sandbox:
        facts.append("not in the sandbox")
    parts = [one.summary]
    if one.moved:
        parts.append(f"A former name of `{one.moved.namespace}.{one.moved.name}`.")
    if one.retired:
        parts.append(f"Deprecated: Pinterest's description dropped it in {one.retired}.")
    elif one.deprecated:
        parts.append("Deprecated by Pinterest.")
    guessed = f" Known from API {one.since} only, so these are guesses." if one.since else ""
    about = [one.notes] if one.notes else []
    about.append("; ".join(facts) + "." + guessed)
    if fields:
        about.append(_body_doc(one, fields))
    parts.append("\n".join(about))
    documented = [f"    {a.name}: {a.doc}" for a in one.query if a.doc]
    if documented:
        parts.append("\n".join(["Args:", *documented]))
    return "\n\n".join(parts)


def _body_doc(one: Method, fields: Sequence[Field]) -> str:
    """The fields of a body, required ones first: enough for `help()` without an editor."""
    must = [f"`{one.name}`" for one in fields if one.required]
    may = [f"`{one.name}`" for one in fields if not one.required]
    whose = {"array": "each item", "union": "the body"}.get(one.body.kind if one.body else "", "")
    said = f"Fields of {whose}" if whose else "Fields of the body"
    shown = [*(f"{name} (required)" for name in must), *may]
    more = len(shown) - _BODY_FIELDS
    return f"{said}: {', '.join(shown[:_BODY_FIELDS])}" + (
        f" and {more} more." if more > 0 else "."
    )
