"""An upstream OpenAPI document -> its facts: no prose, no examples, one shape whatever the version.

Kept: paths, parameters with their encodings, bodies, schemas, enums, limits, formats, what is
required, nullable or deprecated, security scopes, and the `x-` facts about rate limits and the
sandbox. Responses keep an empty description, which OpenAPI demands. Titles stay where they name an
anonymous schema. What OpenAPI 3.1 says in new words (`type: [string, "null"]`, `const`, exclusive
bounds that are numbers) is told in those of 3.0. `required` is sorted; enums keep upstream's order,
which orders sizes, ages and months.
"""

import re
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeAlias, cast

Json: TypeAlias = dict[str, Any]

METHODS = ("get", "post", "put", "patch", "delete")

_VALUES = frozenset(
    {
        "type", "format", "nullable", "minimum", "maximum", "minLength", "maxLength", "pattern",
        "minItems", "maxItems", "minProperties", "maxProperties", "uniqueItems", "multipleOf",
        "readOnly", "writeOnly", "deprecated", "default", "enum", "$ref",
    }
)  # fmt: skip
_PROSE = frozenset(
    {
        "description", "summary", "example", "examples", "externalDocs", "xml", "contact",
        "license", "termsOfService", "x-codeSamples", "x-tagGroups", "x-display-name", "tags",
        "headers",
        "links", "callbacks", "$schema", "jsonSchemaDialect", "webhooks", "security", "variables",
    }
)  # fmt: skip
_OPERATION = frozenset({"operationId", "tags", "deprecated", "x-ratelimit-category", "x-sandbox"})
_PARAMETER = frozenset(
    {"name", "in", "required", "style", "explode", "deprecated", "allowReserved"}
)
_SCHEME = frozenset({"type", "scheme", "in", "name", "bearerFormat"})
_NAME = re.compile(r"[A-Z][A-Za-z0-9]+")


class NotOpenAPIError(ValueError):
    """The document is no OpenAPI 3 description; the message says what is wrong."""


class Extractor:
    """Extracts the facts of one document; `unknown` counts the keywords that it dropped unread."""

    def __init__(self, upstream: Json) -> None:
        if not str(upstream.get("openapi", "")).startswith("3."):
            raise NotOpenAPIError("no OpenAPI 3 document: its field `openapi` should say 3.x")
        if not upstream.get("paths"):
            raise NotOpenAPIError("the document has no `paths`: import the whole description")
        self.upstream = upstream
        self.unknown: Counter[str] = Counter()

    def facts(self) -> Json:
        """The facts of the whole document."""
        components = self.upstream.get("components", {})
        info = self.upstream.get("info", {})
        return {
            "openapi": "3.0.3",
            "info": {"title": info.get("title", "API"), "version": str(info.get("version", "0"))},
            "servers": [{"url": one["url"]} for one in self.upstream.get("servers", ())],
            "paths": {path: self._item(item) for path, item in self.upstream["paths"].items()},
            "components": {
                "schemas": _each(components.get("schemas", {}), self.schema),
                "parameters": _each(components.get("parameters", {}), self._parameter),
                "securitySchemes": _each(components.get("securitySchemes", {}), self._scheme),
            },
        }

    def _item(self, item: Json) -> Json:
        found: Json = {
            method: self._operation(item[method]) for method in METHODS if method in item
        }
        if item.get("parameters"):
            found["parameters"] = [self._parameter(one) for one in item["parameters"]]
        self._note(item, {*METHODS, "parameters"})
        return found

    def _operation(self, operation: Json) -> Json:
        found = {key: operation[key] for key in _OPERATION & operation.keys()}
        if operation.get("parameters"):
            found["parameters"] = [self._parameter(one) for one in operation["parameters"]]
        if "requestBody" in operation:
            body = self._shared(operation["requestBody"], "requestBodies")
            found["requestBody"] = {
                "required": bool(body.get("required")),
                "content": self._content(body),
            }
        found["responses"] = {
            str(status): self._response(response)
            for status, response in operation.get("responses", {}).items()
        }
        security: list[Json] = operation.get("security", self.upstream.get("security")) or []
        found["security"] = [
            {name: sorted(scopes) for name, scopes in one.items()} for one in security
        ]
        self._note(operation, _OPERATION | {"parameters", "requestBody", "responses"})
        return found

    def _response(self, response: Json) -> Json:
        response = self._shared(response, "responses")
        content = self._content(response)
        self._note(response, {"content"})
        return {"description": "", **({"content": content} if content else {})}

    def _content(self, holder: Json) -> Json:
        return {
            kind: {"schema": self.schema(media["schema"])} if "schema" in media else {}
            for kind, media in holder.get("content", {}).items()
        }

    def _shared(self, holder: Json, kind: str) -> Json:
        """What a reference to a shared body or response stands for: these are written out."""
        if "$ref" not in holder:
            return holder
        found: Json = self.upstream["components"][kind][holder["$ref"].rsplit("/", 1)[-1]]
        return found

    def _parameter(self, parameter: Json) -> Json:
        if "$ref" in parameter:
            return {"$ref": parameter["$ref"]}
        found = {key: parameter[key] for key in _PARAMETER & parameter.keys()}
        schema = parameter.get("schema")
        if schema is None:
            empty: Json = {}
            schema = next((one["schema"] for one in self._content(parameter).values()), empty)
        found["schema"] = self.schema(schema)
        self._note(parameter, _PARAMETER | {"schema", "content"})
        return found

    def _scheme(self, scheme: Json) -> Json:
        found = {key: scheme[key] for key in _SCHEME & scheme.keys()}
        flows = {
            name: {
                **{key: flow[key] for key in ("authorizationUrl", "tokenUrl") if key in flow},
                "scopes": dict.fromkeys(sorted(flow.get("scopes", {})), ""),
            }
            for name, flow in scheme.get("flows", {}).items()
        }
        return {**found, **({"flows": flows} if flows else {})}

    def schema(self, schema: Any) -> Json:
        """The facts of a schema."""
        if isinstance(schema, bool):  # a schema in OpenAPI 3.1
            return {}
        upstream = cast("Json", schema)
        found = {key: upstream[key] for key in _VALUES & upstream.keys()}
        if "properties" in upstream:
            found["properties"] = _each(upstream["properties"], self.schema)
        if "items" in upstream:
            found["items"] = self.schema(upstream["items"])
        for word in ("allOf", "oneOf", "anyOf"):
            if word in upstream:
                found[word] = [self.schema(one) for one in upstream[word]]
        extra = upstream.get("additionalProperties")
        if extra is not None:
            found["additionalProperties"] = extra if isinstance(extra, bool) else self.schema(extra)
        if upstream.get("required"):
            found["required"] = sorted(upstream["required"])
        if "discriminator" in upstream:
            known = ("propertyName", "mapping")
            found["discriminator"] = {
                key: upstream["discriminator"][key]
                for key in known
                if key in upstream["discriminator"]
            }
            mapping = found["discriminator"].get("mapping", {})
            for tag, ref in mapping.items():
                if "/" not in ref:  # a bare name stands for the component
                    mapping[tag] = f"#/components/schemas/{ref}"
        if _NAME.fullmatch(str(upstream.get("title", ""))):
            found["title"] = upstream["title"]
        self._note(upstream, _VALUES | _READ)
        return _in_words_of_3_0(found, upstream)

    def _note(self, holder: Json, known: frozenset[str] | set[str]) -> None:
        self.unknown.update(holder.keys() - known - _PROSE)


_READ = frozenset(
    {
        "properties", "items", "allOf", "oneOf", "anyOf", "additionalProperties", "required",
        "discriminator", "title", "const", "exclusiveMinimum", "exclusiveMaximum",
    }
)  # fmt: skip


def _in_words_of_3_0(found: Json, upstream: Json) -> Json:
    kind = found.get("type")
    if isinstance(kind, list):
        kinds = [one for one in upstream["type"] if one != "null"]
        found.pop("type")
        if len(kinds) == 1:
            found["type"] = kinds[0]
        elif kinds:
            found["anyOf"] = [{"type": one} for one in kinds]
        if "null" in upstream["type"]:
            found["nullable"] = True
    for word in ("oneOf", "anyOf"):
        options = found.get(word, [])
        if {"type": "null"} in options:
            found[word] = [one for one in options if one != {"type": "null"}]
            found["nullable"] = True
    if "const" in upstream:
        found["enum"] = [upstream["const"]]
    if found.get("nullable") and None not in found.get("enum", (None,)):
        found["enum"] = [*found["enum"], None]  # 3.0.3: null is no value unless it is listed
    for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        value = upstream.get(exclusive)
        if isinstance(value, bool):
            found[exclusive] = value
        elif value is not None:
            found[bound], found[exclusive] = value, True
    return found


def _each(holder: Json, extract: Callable[[Json], Json]) -> Json:
    return {name: extract(one) for name, one in holder.items()}
