"""Plain values: their limits in words and as annotations, and the values of an enum."""

import re
from collections.abc import Iterator
from typing import Any, TypeGuard

Schema = dict[str, Any]


def objects(value: object) -> Iterator[Schema]:
    """Every JSON object inside of a value, itself included, outer ones first."""
    if _is_object(value):
        yield value
        for one in list(value.values()):
            yield from objects(one)
    elif _is_list(value):
        for one in value:
            yield from objects(one)


def _is_object(value: object) -> TypeGuard[Schema]:
    return isinstance(value, dict)


def _is_list(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def limits(schema: Schema) -> list[str]:
    """Limits of a value in words: range, lengths, default."""
    said: list[str] = []
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        said.append(f"{low} to {high}")
    elif low is not None:
        said.append(f"at least {low}")
    elif high is not None:
        said.append(f"at most {high}")
    if schema.get("maxLength") and not is_id(schema):
        said.append(f"at most {schema['maxLength']} characters")
    if schema.get("minItems") and schema.get("maxItems"):
        said.append(f"{schema['minItems']} to {schema['maxItems']} items")
    elif schema.get("maxItems"):
        said.append(f"at most {schema['maxItems']} items")
    values = schema.get("enum")
    if values and not isinstance(values[0], str):
        said.append("one of " + ", ".join(str(value) for value in values))
    if schema.get("default") is not None and schema["default"] not in ([], {}, ""):
        default: Any = schema["default"]
        shown = ", ".join(str(one) for one in default) if schema.get("type") == "array" else default
        said.append(f"default {shown}")
    if schema.get("deprecated"):
        said.append("deprecated")
    return said


_DIGITS = (r"^\d+$",)
_BASE64 = (r"^[a-zA-Z0-9+/=]+$", r"^[a-zA-Z0-9+\/=]+$", r"[a-zA-Z0-9+\/=]+")


def _is_pattern(pattern: str) -> bool:
    """Whether Python can read a pattern; what only other engines read is left to the server."""
    try:
        re.compile(pattern)
    except re.error:
        return False
    return not pattern.endswith("\\")


def is_id(schema: Schema) -> bool:
    """Whether a string holds an id: digits, whose length nobody limits."""
    return schema.get("pattern") in _DIGITS


def enum_values(schema: Schema) -> tuple[str, ...] | None:
    """The known values of a string; None for anything else, null left out.

    `x-known` are values that callers are held to, and the emulator is not: the live API refuses
    others item by item, or where it uses them.
    """
    values = tuple(v for v in schema.get("enum") or schema.get("x-known", ()) if v is not None)
    return values if values and all(isinstance(v, str) for v in values) else None


def literal(values: tuple[str, ...]) -> str:
    """Source of a literal type."""
    return f"Literal[{', '.join(_quoted(v) for v in values)}]"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def limited(source: str, schema: Schema) -> str:
    """Add limits that a caller's value is checked against."""
    pattern = schema.get("pattern")
    words = {"minimum": "ge", "maximum": "le"}
    if source.startswith("Sequence["):
        words = {"minItems": "min_length", "maxItems": "max_length"}
    elif source == "str" and is_id(schema):
        return "Id"
    elif source == "str" and pattern in _BASE64:
        return "Base64"
    elif source == "str" and schema.get("format") == "sha256":
        return "Hash"
    elif source == "str":
        words = {"minLength": "min_length", "maxLength": "max_length"}
    elif source == "int" and "enum" in schema:
        known = ", ".join(str(value) for value in schema["enum"] if value is not None)
        return f"Annotated[int, Literal[{known}]]"
    meta = [f"{ours}={schema[theirs]}" for theirs, ours in words.items() if theirs in schema]
    if source == "str" and pattern is not None and _is_pattern(pattern):
        text = f'r"{pattern}"' if '"' not in pattern else repr(pattern)
        meta.append(f"pattern={text}")
    return f"Annotated[{source}, Meta({', '.join(meta)})]" if meta else source
