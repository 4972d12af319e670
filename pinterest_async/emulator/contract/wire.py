"""Query strings and forms, decoded by their schemas."""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias, TypeGuard
from urllib.parse import unquote_to_bytes

from pinterest_async.emulator.contract.description import Description, Schema

Decode: TypeAlias = Callable[[str], Any]
"""Text -> value. Text that is no value stays text, and the schema rejects it."""

_INTEGER: Final = re.compile(r"-?(0|[1-9]\d*)")
_NUMBER: Final = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
_BOOLEANS: Final = {"true": True, "false": False, "True": True, "False": False}
"""Generated Python clients write them with a capital, which the live API reads as well."""
_KEYS: Final = re.compile(r"\[([^\[\]]+)\]")


def pairs(text: str) -> Iterator[tuple[str, str]]:
    """Names and values of a query string or a form, the values still encoded.

    Raises:
        ValueError: where the escapes of a name are no UTF-8.
    """
    for pair in text.split("&"):
        if pair:
            name, _, value = pair.partition("=")
            yield unquoted(name) if "%" in name or "+" in name else name, value


def unquoted(text: str) -> str:
    """Text without escapes.

    Raises:
        ValueError: where they are no UTF-8.
    """
    if "+" in text:
        text = text.replace("+", " ")
    return unquote_to_bytes(text).decode() if "%" in text else text


def split(text: str) -> list[str]:
    """The items of a comma-joined value: most HTTP libraries escape the commas as well."""
    if not text:
        return []
    if "," in text:
        return [unquoted(item) for item in text.split(",")]
    return unquoted(text).split(",")


def nested(flat: list[tuple[str, str]]) -> dict[str, Any]:
    """`[a]=1`, `[b][c]=2`, `[b][c]=3` -> `{"a": ["1"], "b": {"c": ["2", "3"]}}`.

    Raises:
        ValueError: for keys that are empty, or that are a value and an object.
    """
    found: dict[str, Any] = {}
    for path, value in flat:
        keys = _KEYS.findall(path)
        if not keys or "".join(f"[{key}]" for key in keys) != path:
            raise ValueError(f"{path} is no key")
        here = found
        for key in keys[:-1]:
            inner = here.setdefault(key, {})
            if not is_object(inner):
                raise ValueError(f"[{key}] is a value and an object")
            here = inner
        values = here.setdefault(keys[-1], [])
        if not is_list(values):
            raise ValueError(f"[{keys[-1]}] is a value and an object")
        values.append(unquoted(value))
    return found


def decoder(description: Description, schema: Schema) -> Decode:
    """How the text of one value is read."""
    kinds = {str(one["type"]) for one in _leaves(description, schema) if "type" in one}
    if "string" in kinds or not kinds:
        return str
    if "integer" in kinds and "number" not in kinds:
        return _integer
    if kinds & {"integer", "number"}:
        return _number
    return _boolean if "boolean" in kinds else str


def typed(description: Description, schema: Schema, value: Any) -> Any:
    """An object whose leaves are lists of text, with these decoded by the schema's properties."""
    if is_object(value):
        return {
            name: typed(description, {"anyOf": property_schemas(description, schema, name)}, one)
            for name, one in value.items()
        }
    items = [one["items"] for one in _leaves(description, schema) if "items" in one]
    read = decoder(description, {"anyOf": items} if items else schema)
    values = [read(one) for one in value]
    return values if items or len(values) > 1 else values[0]


def _integer(text: str) -> Any:
    return int(text) if len(text) < 20 and _INTEGER.fullmatch(text) else text


def _number(text: str) -> Any:
    return float(text) if len(text) < 40 and _NUMBER.fullmatch(text) else text


def _boolean(text: str) -> Any:
    return _BOOLEANS.get(text, text)


def _leaves(
    description: Description, schema: Schema, above: tuple[int, ...] = ()
) -> Iterator[Schema]:
    """The schema itself and its parts, alternatives and variants, references followed."""
    schema = description.resolve(schema)
    if id(schema) in above:  # a variant has the schema that maps to it as a part
        return
    above = (*above, id(schema))
    yield schema
    parts = [one for word in ("allOf", "oneOf", "anyOf") for one in schema.get(word, ())]
    parts += [{"$ref": ref} for ref in schema.get("discriminator", {}).get("mapping", {}).values()]
    for one in parts:
        yield from _leaves(description, one, above)


def property_schemas(description: Description, schema: Schema, name: str) -> list[Schema]:
    """All schemas of a property, from the schema and its parts."""
    found = (one.get("properties", {}).get(name) for one in _leaves(description, schema))
    return [one for one in found if one is not None]


def described(description: Description, schema: Schema, value: Any) -> Any:
    """A value without the fields that the schema does not describe, or that are read-only."""
    if is_list(value):
        items = [one["items"] for one in _leaves(description, schema) if "items" in one]
        return [described(description, {"anyOf": items}, one) for one in value] if items else value
    leaves = [*_leaves(description, schema)] if is_object(value) else []
    if not any("properties" in one for one in leaves):
        return value
    if any("additionalProperties" in one for one in leaves):
        return value
    kept: dict[str, Any] = {}
    for name, one in value.items():
        known = property_schemas(description, schema, name)
        if known and not all(description.resolve(each).get("readOnly") for each in known):
            kept[name] = described(description, {"anyOf": known}, one)
    return kept


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether a value is a JSON object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Whether a value is a JSON array."""
    return isinstance(value, list)
