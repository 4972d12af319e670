"""Upstream documents become facts, retired operations are kept, and changes are told."""

import copy
from pathlib import Path
from typing import Any

import msgspec
import pytest
from additions import version
from changes import changes, report
from comparison import Change
from facts import Extractor, NotOpenAPIError
from hypothesis import given
from hypothesis import strategies as st
from import_openapi import EMPTY, encoded, import_document, main, retire

Json = dict[str, Any]


def operation(identifier: str, **more: Any) -> Json:
    answer = {"schema": {"$ref": "#/components/schemas/Pin"}}
    return {
        "operationId": identifier,
        "summary": "Prose.",
        "x-ratelimit-category": "org_read",
        "x-sandbox": "enabled",
        "security": [{"pinterest_oauth2": ["pins:read"]}],
        "responses": {"200": {"description": "OK", "content": {"application/json": answer}}},
        **more,
    }


def document(release: str = "5.1.0", more: Json | None = None) -> Json:
    """A small upstream document; `more` are paths."""
    return {
        "openapi": "3.0.3",
        "info": {"title": "API", "version": release, "description": "Prose."},
        "servers": [{"url": "https://api.example/v5"}],
        "paths": {"/pins/{pin_id}": {"get": operation("pins/get")}, **(more or {})},
        "components": {
            "schemas": {
                "Pin": {
                    "type": "object",
                    "description": "Prose.",
                    "example": {"id": "1"},
                    "required": ["title", "id"],
                    "properties": {
                        "id": {"type": "string", "example": "1"},
                        "title": {"type": "string", "maxLength": 100},
                        "description": {"type": "string", "nullable": True},
                        "kind": {"type": "string", "enum": ["B", "A"]},
                    },
                }
            },
            "securitySchemes": {
                "pinterest_oauth2": {
                    "type": "oauth2",
                    "flows": {"authorizationCode": {"scopes": {"pins:read": "Prose."}}},
                }
            },
        },
    }


def facts(upstream: Json) -> Json:
    return Extractor(upstream).facts()


def pin(upstream: Json) -> Json:
    """The schema of a Pin in a document."""
    found: Json = upstream["components"]["schemas"]["Pin"]
    return found


def test_prose_and_examples_are_dropped_and_property_names_kept() -> None:
    found = facts(document())
    text = encoded(found).decode()
    assert "Prose" not in text
    assert "example" not in text.replace("api.example", "")
    schema = found["components"]["schemas"]["Pin"]
    assert set(schema["properties"]) == {"id", "title", "description", "kind"}
    assert schema["required"] == ["id", "title"]
    assert schema["properties"]["kind"]["enum"] == ["B", "A"]


def test_what_matters_about_an_operation_is_kept() -> None:
    found = facts(document())["paths"]["/pins/{pin_id}"]["get"]
    assert found["x-ratelimit-category"] == "org_read"
    assert found["x-sandbox"] == "enabled"
    assert found["security"] == [{"pinterest_oauth2": ["pins:read"]}]
    assert found["responses"]["200"]["description"] == ""


@pytest.mark.parametrize(
    ("upstream", "expected"),
    [
        ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
        ({"const": "A"}, {"enum": ["A"]}),
        ({"exclusiveMinimum": 0}, {"minimum": 0, "exclusiveMinimum": True}),
        (
            {"anyOf": [{"$ref": "#/x"}, {"type": "null"}]},
            {"anyOf": [{"$ref": "#/x"}], "nullable": True},
        ),
        (True, {}),
        ({"title": "A sentence, not a name"}, {}),
        ({"title": "AName"}, {"title": "AName"}),
        ({"additionalProperties": {"type": "integer", "description": "x"}},
         {"additionalProperties": {"type": "integer"}}),
    ],
)  # fmt: skip
def test_newer_words_are_told_in_those_of_3_0(upstream: Any, expected: Json) -> None:
    assert Extractor(document()).schema(upstream) == expected


def test_unknown_keywords_are_dropped_and_counted() -> None:
    extractor = Extractor(document())
    assert extractor.schema({"type": "string", "x-new": 1, "contentEncoding": "base64"}) == {
        "type": "string"
    }
    assert extractor.unknown == {"x-new": 1, "contentEncoding": 1}


@pytest.mark.parametrize("broken", [{}, {"swagger": "2.0"}, {"openapi": "3.0.3", "paths": {}}])
def test_other_documents_are_refused(broken: Json) -> None:
    with pytest.raises(NotOpenAPIError):
        Extractor(broken)


@given(
    st.recursive(
        st.fixed_dictionaries({"type": st.sampled_from(["string", "integer", "boolean"])}),
        lambda inner: st.one_of(
            st.fixed_dictionaries({"type": st.just("array"), "items": inner}),
            st.fixed_dictionaries(
                {"properties": st.dictionaries(st.sampled_from(["title", "x", "enum"]), inner)}
            ),
            st.fixed_dictionaries({"allOf": st.lists(inner, min_size=1, max_size=2)}),
        ),
        max_leaves=8,
    )
)
def test_facts_of_facts_are_the_same_facts(schema: Json) -> None:
    once = Extractor(document()).schema(schema)
    assert Extractor(document()).schema(once) == once
    assert once == schema


# Retired operations

OLD = document("5.0.0", {"/old": {"get": operation("old/get")}})


def test_what_a_newer_document_drops_is_retired() -> None:
    old = facts(OLD)
    old["components"]["schemas"]["Pin"]["properties"]["gone"] = {"type": "string"}
    kept = retire(EMPTY, old, facts(document()))
    found = kept["paths"]["/old"]["get"]
    assert (found["deprecated"], found["x-retired-in"]) == (True, "5.1.0")
    assert kept["components"] == {}  # today's Pin counts


def test_components_that_only_retired_operations_need_are_kept_with_them() -> None:
    new = facts(document())
    old = facts(OLD)
    old["components"]["schemas"] |= {
        "Old": {"items": {"$ref": "#/components/schemas/Older"}},
        "Older": {"type": "string"},
    }
    answer = old["paths"]["/old"]["get"]["responses"]["200"]["content"]["application/json"]
    answer["schema"] = {"$ref": "#/components/schemas/Old"}
    kept = retire(EMPTY, old, new)
    assert sorted(kept["components"]["schemas"]) == ["Old", "Older"]
    newer = facts(document("5.2.0"))
    assert retire(kept, new, newer) == kept


def test_an_operation_that_comes_back_is_not_retired_any_more() -> None:
    kept = retire(EMPTY, facts(OLD), facts(document()))
    assert retire(kept, facts(document()), facts({**OLD, "info": {"version": "5.2.0"}})) == {
        "paths": {},
        "components": {},
    }


def test_a_renamed_operation_is_not_retired() -> None:
    renamed = document("5.2.0", {"/old": {"get": operation("older/get")}})
    assert retire(EMPTY, facts(OLD), facts(renamed))["paths"] == {}


def test_an_older_document_retires_nothing() -> None:
    newer = document("6.0.0", {"/new": {"get": operation("new/get")}})
    assert retire(EMPTY, facts(newer), facts(document()))["paths"] == {}


def test_versions_compare_by_number() -> None:
    assert version(facts(document("5.9.0"))) < version(facts(document("5.10.0")))


# The report


def changed(old: Json, new: Json, **more: Any) -> set[str]:
    found = changes(facts(old), facts(new), {}, **more)
    return {
        f"{one.effect}: {one.what}" + (f" ({', '.join(one.operations)})" if one.operations else "")
        for one in found
    }


def test_nothing_changed() -> None:
    assert changed(document(), document("5.2.0")) == set()
    assert report([]) == ["Nothing changed."]


def test_operations_added_dropped_and_renamed() -> None:
    added = document(more={"/new": {"get": operation("new/get")}})
    assert changed(document(), added) == {"new: new/get: GET /new"}
    gone = "breaking: new/get: dropped by Pinterest; "
    assert changed(added, document()) == {f"{gone}callable still, deprecated"}
    assert changed(added, document(), kept=False) == {f"{gone}not callable"}
    renamed = document(more={"/new": {"get": operation("newer/get")}})
    assert changed(added, renamed) == {"changed: newer/get: Pinterest calls it newer/get now"}


@pytest.mark.parametrize(
    ("more", "what"),
    [
        (
            {"x-ratelimit-category": "ads_read"},
            "changed: counts against ads_read now, did against org_read (pins/get)",
        ),
        ({"x-sandbox": "disabled"}, "breaking: left the sandbox (pins/get)"),
        ({"deprecated": True}, "changed: deprecated now (pins/get)"),
        (
            {"security": [{"pinterest_oauth2": ["ads:read"]}]},
            "changed: needs ads:read now, needed pins:read (pins/get)",
        ),
        (
            {
                "parameters": [
                    {"name": "q", "in": "query", "required": True, "schema": {"type": "string"}}
                ]
            },
            "breaking: parameter q: new and required (pins/get)",
        ),
        (
            {"requestBody": {"content": {"application/json": {"schema": {"type": "string"}}}}},
            "breaking: body: new (pins/get)",
        ),
    ],
)
def test_changes_of_an_operation(more: Json, what: str) -> None:
    new = document()
    new["paths"]["/pins/{pin_id}"]["get"].update(more)
    assert changed(document(), new) == {what}


def test_another_success() -> None:
    new = document()
    responses = new["paths"]["/pins/{pin_id}"]["get"]["responses"]
    responses["201"] = responses["200"]
    said = "changed: succeeds with 200, 201 now, did with 200 (pins/get)"
    assert changed(document(), new) == {said}


def test_changes_of_a_parameter() -> None:
    old, new = document(), document()
    size: Json = {"name": "page_size", "in": "query", "schema": {"type": "integer", "maximum": 100}}
    old["paths"]["/pins/{pin_id}"]["get"]["parameters"] = [size]
    larger: Json = {**copy.deepcopy(size), "required": True}
    larger["schema"]["maximum"] = 250
    new["paths"]["/pins/{pin_id}"]["get"]["parameters"] = [larger]
    assert changed(old, new) == {
        "breaking: parameter page_size: required now (pins/get)",
        "changed: parameter page_size: greatest value 100 became 250 (pins/get)",
    }
    assert changed(new, old) == {
        "changed: parameter page_size: optional now (pins/get)",
        "changed: parameter page_size: greatest value 250 became 100 (pins/get)",
    }


@pytest.mark.parametrize(
    ("mend", "what"),
    [
        ({"properties": {"kind": {"enum": ["B", "A", "C"]}}}, "new: answer kind: new value C"),
        ({"properties": {"kind": {"enum": ["B"]}}}, "changed: answer kind: no longer A"),
        (
            {"properties": {"title": {"enum": ["one"]}}},
            "changed: answer title: only one now, was any text",
        ),
        (
            {"properties": {"id": {"type": "integer"}}},
            "breaking: answer id: integer now, was string",
        ),
        ({"properties": {"title": {"nullable": True}}}, "changed: answer title: may be null now"),
        ({"required": ["id"]}, "breaking: answer title: may be absent now"),
        ({"properties": {"new": {"type": "string"}}}, "new: answer new: new"),
        ({"properties": {"a": {}, "b": {}}}, "new: answer a, b: new"),
    ],
)
def test_changes_of_a_shared_schema_are_told_once(mend: Json, what: str) -> None:
    other = {"/other": {"get": operation("pins/other")}}
    old, new = document(more=other), document(more=other)
    schema = pin(new)
    for name, facts_of in mend.get("properties", {}).items():
        schema["properties"].setdefault(name, {}).update(facts_of)
    schema["required"] = mend.get("required", schema["required"])
    (change,) = changes(facts(old), facts(new), {"pins/get": "pins.get"})
    assert f"{change.effect}: {change.what}" == what
    assert change.operations == ("pins.get", "pins/other")


def test_what_is_sent_breaks_where_less_is_taken() -> None:
    old, new = document(), document()
    for one in (old, new):
        content = {"application/json": {"schema": {"$ref": "#/components/schemas/Pin"}}}
        one["paths"]["/pins/{pin_id}"]["get"]["requestBody"] = {"content": content}
    pin(new)["properties"]["kind"] = {"type": "string"}
    assert "breaking: body kind: only B, A now, was any text (pins/get)" in changed(new, old)
    pin(new)["required"] = ["description", "id", "title"]
    assert "breaking: body description: required now (pins/get)" in changed(old, new)


def test_the_same_in_other_words_is_no_change() -> None:
    new = document()
    new["components"]["schemas"]["PinBase"] = pin(new)
    new["components"]["schemas"]["Pin"] = {"allOf": [{"$ref": "#/components/schemas/PinBase"}]}
    assert changed(document(), new) == set()


def test_what_recurs_is_told_once() -> None:
    old, new = document(), document()
    for one in (old, new):
        pin(one)["properties"]["board"] = {"$ref": "#/components/schemas/Pin"}
    pin(new)["properties"]["new"] = {"type": "string"}
    assert changed(old, new) == {"new: answer new: new (pins/get)"}


def test_what_may_break_is_told_first() -> None:
    lines = report(
        [
            Change("new", "b"),
            Change("breaking", "a", ("x", "y", "z")),
        ]
    )
    assert lines == ["", "May break your code:", "  a (x, y and 1 more)", "", "New:", "  b"]


def test_a_report_can_be_read() -> None:
    many = [Change("new", f"operation {number}") for number in range(900)]
    lines = report(many)
    assert len(lines) < 100
    assert lines[-1].endswith("more; --all shows them")
    assert len(report(many, most=900)) == 902


# The command


def test_importing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    upstream = tmp_path / "upstream.json"
    upstream.write_bytes(msgspec.json.encode(document()))
    import_document(upstream, tmp_path)
    first = (tmp_path / "openapi.json").read_bytes()
    assert import_document(upstream, tmp_path).lines()[1:] == ["Nothing changed."]
    assert (tmp_path / "openapi.json").read_bytes() == first
    assert first.endswith(b"}\n")


def test_one_after_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number, upstream in enumerate([OLD, document()]):
        path = tmp_path / f"{number}.json"
        path.write_bytes(msgspec.json.encode(upstream))
        assert main([str(path), "--into", str(tmp_path)]) == 0
    assert "old/get: dropped by Pinterest" in capsys.readouterr().out
    retired = msgspec.json.decode((tmp_path / "retired.json").read_bytes())
    assert list(retired["paths"]) == ["/old"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"openapi: 3.0.3", "is no JSON"),
        (b"[]", "holds no JSON object"),
        (b'{"swagger": "2.0"}', "no OpenAPI 3 document"),
    ],
)
def test_a_useless_file_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, message: str
) -> None:
    path = tmp_path / "upstream.json"
    path.write_bytes(content)
    assert main([str(path), "--into", str(tmp_path)]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "openapi.json").exists()
    assert main([str(tmp_path / "absent.json"), "--into", str(tmp_path)]) == 2
