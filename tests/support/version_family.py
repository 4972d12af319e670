"""A small family of descriptions, each of which holds what has broken a generator once."""

import copy
from typing import Any

Json = dict[str, Any]

TEXT: Json = {"type": "string"}
WHOLE: Json = {"type": "integer"}


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def listed(item: Json, **more: Any) -> Json:
    return {"type": "array", "items": item, **more}


def thing(required: str = "", **properties: Json) -> Json:
    found: Json = {"type": "object", "properties": properties}
    return {**found, "required": required.split()} if required else found


def kind(value: str) -> Json:
    return {"type": "string", "enum": [value]}


def answers(schema: Json | None, status: str = "200") -> Json:
    content = {"application/json": {"schema": schema}} if schema is not None else {}
    return {status: {"description": "", "content": content}}


def operation(identifier: str, responses: Json, **more: Any) -> Json:
    return {
        "operationId": identifier,
        "x-ratelimit-category": "org_read",
        "x-sandbox": "enabled",
        "security": [{"pinterest_oauth2": ["pins:read"]}],
        "responses": responses,
        **more,
    }


def sent(schema: Json, kind: str = "application/json") -> Json:
    return {"required": True, "content": {kind: {"schema": schema}}}


def in_query(name: str, schema: Json, **more: Any) -> Json:
    return {"name": name, "in": "query", "schema": schema, **more}


PIN_ID: Json = {"name": "pin_id", "in": "path", "required": True, "schema": TEXT}


def _schemas() -> Json:
    return {
        # Alone in one list, a variant in another.
        "ImageMeta": thing("", url=TEXT, size=WHOLE),
        "VideoMeta": thing("", url=TEXT, seconds={"type": "number", "nullable": True}),
        "Mixed": {"anyOf": [ref("ImageMeta"), ref("VideoMeta")]},
        "Images": thing("media_type", media_type=kind("images"), items=listed(ref("ImageMeta"))),
        "Both": thing("media_type", media_type=kind("mixed"), items=listed(ref("Mixed"))),
        "Media": {
            "oneOf": [ref("Images"), ref("Both")],
            "discriminator": {
                "propertyName": "media_type",
                "mapping": {
                    "images": "#/components/schemas/Images",
                    "mixed": "#/components/schemas/Both",
                },
            },
        },
        "Pin": thing(
            "id",
            id={"type": "string", "pattern": r"^\d+$"},
            title={"type": "string", "nullable": True},
            media=ref("Media"),
            made={"type": "string", "format": "date-time"},
            # Names that generated classes use themselves.
            list=listed(TEXT),
            field=TEXT,
            **{"x-odd name": TEXT, "class": TEXT, "1st": WHOLE},
        ),
        "PinSent": thing(
            "title",
            title={"type": "string", "minItems": 1, "maxItems": 5, "maxLength": 90},
            media=ref("Media"),
            note={"type": "string", "pattern": '^["a-z ]+$'},
            other={"type": "string", "pattern": r"^\w+$"},
            start_date=TEXT,
            # Deep into another schema.
            size={"$ref": "#/components/schemas/ImageMeta/properties/size"},
        ),
        # Alternatives that inherit from what lists them.
        "Animal": {
            **thing("sort", sort=TEXT, age=WHOLE),
            "discriminator": {
                "propertyName": "sort",
                "mapping": {"CAT": "#/components/schemas/Cat", "DOG": "Dog"},
            },
        },
        "Cat": {"allOf": [ref("Animal"), thing("", lives=WHOLE)]},
        "Dog": {"allOf": [ref("Animal"), thing("", tricks=listed(TEXT))]},
        # A tag that only a mapping gives, and another one in a second union.
        "Order": thing("", sum=WHOLE, lines=listed(TEXT), deal=TEXT, old=TEXT),
        "Refund": thing("", sum=WHOLE, why=TEXT, deal=TEXT, old=TEXT),
        "Deal": {
            "oneOf": [ref("Order"), ref("Refund")],
            "discriminator": {
                "propertyName": "deal",
                "mapping": {
                    "ORDER": "#/components/schemas/Order",
                    "REFUND": "#/components/schemas/Refund",
                },
            },
        },
        "OldDeal": {
            "oneOf": [ref("Order"), ref("Refund")],
            "discriminator": {
                "propertyName": "old",
                "mapping": {
                    "O": "#/components/schemas/Order",
                    "R": "#/components/schemas/Refund",
                },
            },
        },
        # Properties beside alternatives, and a union inside of an `allOf`.
        "Person": {
            "type": "object",
            "properties": {"name": TEXT},
            "anyOf": [thing("mail", mail=TEXT), thing("phone", phone=TEXT)],
        },
        "Member": {"allOf": [ref("Person"), thing("", since={"type": "string", "format": "date"})]},
        # Unions of one JSON type.
        "Loose": thing(
            "",
            lists={"oneOf": [listed(TEXT), listed(WHOLE)]},
            objects={"anyOf": [listed(ref("Order")), listed(ref("Refund"))]},
            maps={
                "oneOf": [
                    {"type": "object", "additionalProperties": WHOLE},
                    {"type": "object", "additionalProperties": listed(TEXT)},
                ]
            },
            mixed={"oneOf": [{"type": "object", "additionalProperties": TEXT}, TEXT]},
            # Text by its type, an object by its properties.
            both={"type": "string", "properties": {"scope": TEXT}},
            any_of_all={"oneOf": [WHOLE, TEXT, listed(TEXT), {"type": "boolean"}]},
        ),
        # Names that a namespace and the modules have.
        "Schedules": thing("", id=TEXT, page=ref("Page")),
        "Page": thing("", number=WHOLE, parameter=ref("Parameter")),
        "Parameter": thing("", name=TEXT),
        "Row": thing("", DATE=TEXT, **{"PIN-ID": TEXT}),
        "Status": {"type": "string", "enum": ["ON", "OFF"]},
    }


def _paths() -> Json:
    return {
        "/pins": {
            "get": operation(
                "pins/list",
                answers(thing("items", items=listed(ref("Pin")), bookmark=TEXT)),
                parameters=[
                    in_query("bookmark", TEXT),
                    in_query("from", {"type": "string", "minItems": 2}),
                    in_query("filter[kind]", listed(ref("Status")), explode=False),
                    in_query("start_date", TEXT, required=True),
                ],
            ),
            "post": operation(
                "pins/create", answers(ref("Pin"), "201"), requestBody=sent(ref("PinSent"))
            ),
        },
        "/pins/{pin_id}": {
            "parameters": [PIN_ID],
            "get": operation("pins/get", answers(ref("Pin"))),
            "delete": operation("pins/delete", answers(None, "204")),
        },
        "/animals": {"get": operation("animals/list", answers(listed(ref("Animal"))))},
        "/deals": {
            "get": operation("deals/list", answers(listed(ref("Deal")))),
            "post": operation(
                "deals/create", answers(ref("OldDeal")), requestBody=sent({"allOf": [ref("Deal")]})
            ),
        },
        "/orders": {
            "get": operation("orders/list", answers(listed(ref("Order")))),
            "put": operation(
                "orders/put", answers(ref("Refund")), requestBody=sent(listed(ref("Order")))
            ),
        },
        "/people": {
            "post": operation(
                "people/create", answers(ref("Member")), requestBody=sent(ref("Person"))
            )
        },
        "/loose": {
            "get": operation("loose/get", answers(ref("Loose"))),
            "post": operation(
                "loose/create", answers(ref("Loose")), requestBody=sent(ref("Loose"))
            ),
        },
        "/tables": {
            "post": operation(
                "tables/create",
                answers({"type": "object", "additionalProperties": listed(WHOLE)}),
                requestBody=sent({"type": "object", "additionalProperties": TEXT}),
            )
        },
        "/schedules": {
            "get": operation("schedules/list", answers(listed(ref("Schedules")))),
            "post": operation(
                "schedules/create",
                {**answers(listed(thing("data", data=ref("Schedules")))),
                 **answers(listed(ref("Schedules")), "201")},
                requestBody=sent(listed(ref("Schedules"), maxItems=3)),
            ),
        },
        "/rows": {
            "get": operation(
                "rows/list", answers(listed(ref("Row"))), parameters=[in_query("size", WHOLE)]
            )
        },
    }  # fmt: skip


def _document(version: str, paths: Json, schemas: Json) -> Json:
    return {
        "openapi": "3.0.3",
        "info": {"title": "Family", "version": version},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def family() -> list[Json]:
    """The versions, oldest first."""
    paths, schemas = _paths(), _schemas()
    first = _document("1.0.0", paths, schemas)

    # Two schemas get a constant each, by which they become the variants of a tagged union.
    paths, schemas = copy.deepcopy(paths), copy.deepcopy(schemas)
    for name, value in (("ImageMeta", "image"), ("VideoMeta", "video")):
        schemas[name]["properties"]["item_type"] = kind(value)
        schemas[name]["required"] = ["item_type"]
    paths["/campaigns/{campaign_id}/preview"] = {
        "delete": {
            # Neither an id nor a category, and no success but the default.
            "parameters": [{"name": "campaign_id", "in": "path", "required": True, "schema": TEXT}],
            "responses": {"default": {"description": "", **answers(ref("Order"))["200"]}},
            "security": [{"pinterest_oauth2": ["ads:write"]}],
        }
    }
    # Rows of the columns asked for, though their schema names those alone that always come.
    paths["/rows/analytics"] = {
        "get": operation(
            "rows/analytics",
            answers(listed(ref("Metrics"))),
            parameters=[in_query("columns", listed(ref("Column")), required=True, explode=False)],
        )
    }
    schemas["Metrics"] = thing("", ROW_ID=TEXT, DATE={"type": "string", "format": "date"})
    schemas["Column"] = {"type": "string", "enum": ["SPEND", "CLICKS", "ROW_NAME"]}
    second = _document("1.1.0", paths, schemas)

    # An operation gets another id, one moves, one goes, and a type moves to two namespaces.
    paths, schemas = copy.deepcopy(paths), copy.deepcopy(schemas)
    paths["/pins/{pin_id}"]["get"]["operationId"] = "pins/read_one"
    paths["/creatures"] = paths.pop("/animals")
    del paths["/tables"]
    paths["/orders"]["get"]["responses"] = answers(listed(ref("Animal")))
    schemas["Pin"]["properties"]["state"] = ref("Status")
    schemas["Pin"]["required"] = ["id", "state"]
    third = _document("2.0.0", paths, schemas)

    # The same in other words: alternatives by reference, values by name, a union opened.
    paths, schemas = copy.deepcopy(paths), copy.deepcopy(schemas)
    schemas["Status"]["enum"].append("PAUSED")
    schemas["Member"] = thing("", name=TEXT, mail=TEXT, phone=TEXT)
    schemas["PinSent"]["properties"]["note"] = ref("Status")
    paths["/pins"]["post"]["responses"] |= answers(ref("Pin"))
    del paths["/deals"]["post"]["operationId"]
    fourth = _document("2.1.0", paths, schemas)
    return [first, second, third, fourth]


def additions() -> Json:
    """What 2.1 has, as it may be known before its document is there; hats are not in that."""
    hats = operation("hats/list", answers(listed(ref("Hat"))))
    return {
        "since": "2.1",
        "paths": {"/hats": {"get": hats}},
        "components": {"schemas": {"Hat": thing("id", id=TEXT, pin=ref("Pin"))}},
        "changes": [
            {"at": ["/components/schemas/Status"], "values": ["PAUSED"]},
            {"at": ["/paths/~1pins/post"], "answers": {"200": "201"}},
            {"at": ["/paths/~1pins~1{pin_id}/delete"], "answers": {"200": ref("Pin")}},
            {"at": ["/components/schemas/Pin"], "properties": {"hat": ref("Hat")}},
            {"at": ["/components/schemas/Gone"], "properties": {"hat": ref("Hat")}},
        ],
    }


OPERATIONS = """
[operations."pins/list"]
name = "pins.list"
summary = "List Pins."

[operations."pins/get"]
name = "pins.fetch"
summary = "Fetch one."
"""

CORRECTIONS = """
[[rule]]
parameters = ["start_date"]
sent = ["start_date"]
set = { format = "date" }
reason = "A day."

[[rule]]
fields = ["gone"]
set = { type = "string" }
reason = "Applies nowhere, which is no failure."

[[rule]]
answered = ["DATE"]
having = { format = "date" }
remove = ["format"]
reason = "Or an hour."

[[present]]
fields = ["title", "gone"]
reason = "Always there."
"""
