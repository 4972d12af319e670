"""Checks requests against the description; an error names the field that does not fit."""

import datetime as dt
import re
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

import jsonschema_rs
import msgspec

from pinterest_async.emulator.contract.calls import RejectedError
from pinterest_async.emulator.contract.description import (
    ApiBody,
    ApiOperation,
    ApiParameter,
    Description,
)
from pinterest_async.emulator.contract.dialect import URN, Dialect
from pinterest_async.emulator.contract.wire import (
    Decode,
    decoder,
    described,
    is_list,
    is_object,
    nested,
    pairs,
    split,
    typed,
    unquoted,
)

FORM: Final = "application/x-www-form-urlencoded"
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT: Final = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}.*")
_LONG: Final = 10
"""Length of a list from which items are checked one by one."""
_LONGEST: Final = 300
"""Characters of a message: a validator quotes the value at fault, which may be large."""


class CheckedRequest(NamedTuple):
    """A decoded request that fits the description."""

    path: dict[str, str]
    query: dict[str, Any]
    body: Any


class Validators:
    """Makes validators for the schemas of one description, for requests or for answers."""

    def __init__(self, dialect: Dialect) -> None:
        self.strict = dialect.strict
        self._dialect = dialect
        self._registry = jsonschema_rs.Registry(
            [(URN, self._dialect.components())], draft=jsonschema_rs.Draft202012
        )

    def of(self, schema: Any) -> jsonschema_rs.Draft202012Validator:
        """The validator of a schema."""
        return jsonschema_rs.Draft202012Validator(
            self._dialect.schema(schema),
            registry=self._registry,
            validate_formats=True,
            formats={
                "date": _is_date,
                "date-time": _is_moment,
                "date-time-local": _is_local_moment,
            },
        )


class RequestChecker:
    """Checks the requests of one operation."""

    def __init__(
        self,
        description: Description,
        validators: Validators,
        bodies: Validators,
        operation: ApiOperation,
    ) -> None:
        """`bodies` makes the validator of its body."""
        parameters = operation.parameters
        self._path = [
            (one.name, validators.of(one.schema)) for one in parameters if one.place == "path"
        ]
        self._query = {
            one.name: _QueryParameter(description, validators, one)
            for one in parameters
            if one.place == "query"
        }
        self._strict = validators.strict
        self._required = [name for name, one in self._query.items() if one.required]
        self._defaults = {
            name: one.default for name, one in self._query.items() if one.default is not None
        }
        body = operation.body
        self._body = _BodyChecker(description, bodies, body) if body is not None else None

    def check(
        self, path: dict[str, str], query: str, content_type: str, body: bytes
    ) -> CheckedRequest:
        """Decode a request.

        Raises:
            RejectedError: 400, with the name of a field, where something does not fit.
        """
        for name, validator in self._path:
            if not validator.is_valid(path[name]):
                raise _schema_error([name], validator, path[name])
        values = dict(self._defaults)
        if query or self._required:
            values.update(self._read(query))
        if self._body is not None:
            return CheckedRequest(path, values, self._body.read(path, content_type, body))
        if body and self._strict:
            raise RejectedError(400, 1, "body: this operation takes none")
        return CheckedRequest(path, values, None)

    def _read(self, text: str) -> dict[str, Any]:
        sent: dict[str, list[tuple[str, str]]] = {}
        try:
            for name, value in pairs(text):
                plain, bracket, rest = name.partition("[")
                known = self._query.get(name) or self._query.get(plain)
                if known is None:
                    if self._strict:
                        raise _unknown_parameter(name, self._query)
                    continue
                sent.setdefault(known.name, []).append((bracket + rest, value))
        except ValueError:
            raise RejectedError(400, 1, "query: a name is not percent-encoded UTF-8") from None
        for name in self._required:
            if name not in sent:
                raise RejectedError(400, 1, f"{name}: is required, and the query lacks it")
        return {name: self._query[name].read(values) for name, values in sent.items()}


class _QueryParameter:
    """One query parameter."""

    def __init__(
        self, description: Description, validators: Validators, parameter: ApiParameter
    ) -> None:
        schema = description.resolve(parameter.schema)
        self.name = parameter.name
        self.required = parameter.required
        self.default = parameter.schema.get("default", schema.get("default"))
        self._validator = validators.of(parameter.schema)
        self._raw = self._reader(description, parameter)

    def _reader(
        self, description: Description, parameter: ApiParameter
    ) -> Callable[[list[tuple[str, str]]], Any]:
        schema = description.resolve(parameter.schema)
        item: Decode = decoder(description, schema.get("items", schema))
        match parameter.encoding:
            case "deep":
                return lambda sent: typed(description, parameter.schema, nested(sent))
            case "repeated":
                facts = description.resolve(schema.get("items", {}))
                joined = "pattern" in facts or "enum" in facts
                return lambda sent: [item(text) for text in _repeated(sent, joined=joined)]
            case "comma":
                return lambda sent: [item(text) for text in split(_once(sent))]
            case "plain":
                return lambda sent: item(unquoted(_once(sent)))

    def read(self, sent: list[tuple[str, str]]) -> Any:
        """The value of what was sent."""
        try:
            value = self._raw(sent)
        except ValueError as error:
            raise RejectedError(400, 1, f"{self.name}: {error}") from None
        if not self._validator.is_valid(value):
            raise _schema_error([self.name], self._validator, value)
        return value


class _BodyChecker:
    """The body."""

    def __init__(self, description: Description, validators: Validators, body: ApiBody) -> None:
        self._description = description
        self._body = body
        self._strict = validators.strict
        self._validator = validators.of(body.schema)

    def read(self, path: dict[str, str], content_type: str, text: bytes) -> Any:
        """Decode a body."""
        if not text:
            if self._body.required:
                raise RejectedError(400, 1, "body: is required, and there is none")
            return None
        expected = self._body.content_type
        if content_type.partition(";")[0].strip().lower() != expected:
            raise RejectedError(400, 1, f"Content-Type: must be {expected}")
        value = self._form(text) if expected == FORM else _json(text)
        whole = value
        if not self._strict and not self._validator.is_valid(value):
            whole = _with_path(path, value)
        if not self._validator.is_valid(whole):
            raise _schema_error([], self._validator, whole)
        return value if self._strict else described(self._description, self._body.schema, value)

    def _form(self, text: bytes) -> Any:
        fields: dict[str, list[str]] = {}
        try:
            for name, value in pairs(text.decode("ascii")):
                fields.setdefault(name, []).append(unquoted(value))
        except ValueError:
            raise RejectedError(400, 1, "body: is not percent-encoded UTF-8") from None
        return typed(self._description, self._body.schema, fields)


def _with_path(path: dict[str, str], value: Any) -> Any:
    """A body, or the items of one, with the ids in the path: they need not be sent once more."""
    if is_list(value):
        return [{**path, **one} if is_object(one) else one for one in value]
    return {**path, **value} if is_object(value) else value


_DEEPEST: Final = 100
"""Lists and objects within one another; what the API takes has ten at most."""


def _json(text: bytes) -> Any:
    try:
        body = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise RejectedError(400, 1, "body: is not JSON") from None
    if text.count(b"[") + text.count(b"{") > _DEEPEST and _deeper(body, _DEEPEST):
        raise RejectedError(400, 1, "body: is nested too deeply")
    return body


def _deeper(body: object, levels: int) -> bool:
    """Whether lists and objects stand in one another in more than so many levels."""
    level: list[object] = [body]
    for _ in range(levels + 1):
        inner: list[object] = []
        for one in level:
            inner += one.values() if is_object(one) else one if is_list(one) else ()
        if not inner:
            return False
        level = inner
    return True


def _plain(sent: list[tuple[str, str]]) -> list[str]:
    if any(key for key, _ in sent):
        raise ValueError("is not an object, so its name takes no brackets")
    return [text for _, text in sent]


def _repeated(sent: list[tuple[str, str]], *, joined: bool) -> list[str]:
    """The items of a list whose name is sent once for each, or once for all of them.

    All known clients join ids by commas, also where the description repeats the name; of free text
    a comma is a part.
    """
    texts = _plain(sent)
    if joined and len(texts) == 1:
        return split(texts[0])
    return [unquoted(text) for text in texts]


def _once(sent: list[tuple[str, str]]) -> str:
    values = _plain(sent)
    if len(values) > 1:
        raise ValueError("is sent more than once; send one value, a list joined by commas")
    return values[0]


def _unknown_parameter(name: str, known: Iterable[str]) -> RejectedError:
    names = ", ".join(known)
    return RejectedError(
        400, 1, f"{name}: unknown parameter; known are {names or 'none'}"[:_LONGEST]
    )


def _schema_error(
    where: list[str | int], validator: jsonschema_rs.Draft202012Validator, value: Any
) -> RejectedError:
    """The error that names the first mistake in a value."""
    path, error = _first(validator, value)
    path, message, kind = [*where, *path], error.message, error.kind
    match kind:
        case (
            jsonschema_rs.ValidationErrorKind.UnevaluatedProperties()
            | jsonschema_rs.ValidationErrorKind.AdditionalProperties()
        ):
            path, message = [*path, kind.unexpected[0]], "is not known here"
        case jsonschema_rs.ValidationErrorKind.Required():
            path, message = [*path, kind.property], "is required, and missing"
        case _:
            pass
    return RejectedError(400, 1, f"{_path_text(path)}: {message}"[:_LONGEST])


def _first(
    validator: jsonschema_rs.Draft202012Validator, value: Any
) -> tuple[list[str | int], jsonschema_rs.ValidationError]:
    """The first thing that is wrong with a value, and where.

    A validator that lists all mistakes takes seconds for a large body, so it gets only the first
    wrong item of a long list.
    """
    lists = {"": value} if is_list(value) else value if is_object(value) else {}
    for name, items in lists.items():
        for index, item in enumerate(items if is_list(items) and len(items) > _LONG else ()):
            at = [] if items is value else [name]
            smaller: Any = {**lists, name: [item]} if at else [item]
            if validator.is_valid(smaller):
                continue
            path, error = _first_error(validator, smaller)
            if path == at:
                break  # about the list itself, which is shorter here
            if path[: len(at)] == at:
                path[len(at)] = index
            return path, error
    return _first_error(validator, value)


def _first_error(
    validator: jsonschema_rs.Draft202012Validator, value: Any
) -> tuple[list[str | int], jsonschema_rs.ValidationError]:
    error = min(map(_deepest, validator.iter_errors(value)), key=_is_vague)
    return [*error.instance_path], error


def _is_vague(error: jsonschema_rs.ValidationError) -> bool:
    # A property also counts as unevaluated where something else is wrong with its object.
    return error.kind.name == "unevaluatedProperties"


def _deepest(error: jsonschema_rs.ValidationError) -> jsonschema_rs.ValidationError:
    """Of alternatives that all fail, the error of the one that fits best."""
    kind = error.kind
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.AnyOf):
        best = max(
            (branch for branch in kind.context if branch),
            key=lambda branch: (len(branch[0].instance_path), -len(branch)),
            default=None,
        )
        if best is not None:
            return _deepest(best[0])
    return error


def _path_text(path: list[str | int]) -> str:
    names = "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in path)
    return names.removeprefix(".") or "body"


def _is_date(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return _DATE.fullmatch(text) is not None


def _is_moment(text: str) -> bool:
    """The live API writes date-times without a zone, so the emulator reads them as well."""
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        return False
    return _MOMENT.fullmatch(text) is not None


def _is_local_moment(text: str) -> bool:
    return _is_moment(text) and dt.datetime.fromisoformat(text).tzinfo is None
