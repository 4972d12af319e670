"""A newer version laid over a description that does not tell of it yet."""

import copy
from pathlib import Path
from typing import Any

import msgspec
import pytest
from additions import Additions, laid, load
from import_openapi import encoded, import_document, read
from overlay import Presence
from presence import PRESENT, marked
from version_family import answers, listed, operation, ref, thing

from pinterest_async import Pinterest, operations

Json = dict[str, Any]

SPEC = Path(__file__).parents[2] / "spec"
PIN = "/components/schemas/Pin"
PINS = "/paths/~1pins/get"


def document(version: str = "1.0.0") -> Json:
    parameters = [{"name": "size", "in": "query", "schema": {"type": "string"}}]
    return {
        "openapi": "3.0.3",
        "info": {"title": "Small", "version": version},
        "paths": {
            "/pins": {
                "get": operation("pins/list", answers(listed(ref("Pin"))), parameters=parameters)
            },
            "/pins/{pin_id}": {
                "delete": operation("pins/delete", answers(None, "204"), deprecated=True)
            },
        },
        "components": {
            "schemas": {
                "Pin": {
                    **thing("id kind", id={"type": "string"}, kind={"enum": ["A"]}),
                    "nullable": False,
                },
                "Text": {"type": "string"},
            },
            "parameters": {},
        },
    }


def additions(*changes: Json, **more: Any) -> Additions:
    return msgspec.convert({"since": "2.1", "changes": changes, **more}, Additions)


def whole(**more: Any) -> Additions:
    """A new operation, with a schema that it needs."""
    new = operation("boards/list", answers(listed(ref("Board"))))
    return additions(
        paths={"/boards": {"get": new}},
        components={"schemas": {"Board": thing("id", id=ref("Text"))}},
        **more,
    )


@pytest.mark.parametrize(
    ("change", "at", "found"),
    [
        (
            {"at": [PIN], "properties": {"title": {"type": "string"}, "id": {"type": "integer"}}},
            "properties",
            {"id": {"type": "string"}, "kind": {"enum": ["A"]}, "title": {"type": "string"}},
        ),
        ({"at": [PIN], "optional": ["kind"]}, "required", ["id"]),
        ({"at": [PIN], "set": {"nullable": True}}, "nullable", True),
        ({"at": [f"{PIN}/properties/kind"], "values": ["A", "B"]}, "enum", ["A", "B"]),
        (
            {"at": [f"{PIN}/properties/id"], "either": {"type": "integer"}},
            "anyOf",
            [{"type": "string"}, {"type": "integer"}],
        ),
        (
            {"at": [PINS], "parameters": [{"name": "n", "in": "query"}, {"name": "size"}]},
            "parameters",
            [
                {"name": "size", "in": "query", "schema": {"type": "string"}},
                {"name": "n", "in": "query"},
            ],
        ),
        (
            {"at": [PINS], "answers": {"201": "200", "200": ref("Pin")}},
            "responses",
            {**answers(listed(ref("Pin"))), **answers(listed(ref("Pin")), "201")},
        ),
        (
            {"at": ["/paths/~1pins~1{pin_id}/delete"], "answers": {"200": ref("Pin")}},
            "responses",
            {**answers(None, "204"), **answers(ref("Pin"))},
        ),
    ],
)
def test_a_change_only_adds(change: Json, at: str, found: Any) -> None:
    before = document()
    made, notes = laid(before, additions(change))
    place: Any = made
    for part in change["at"][0].split("/")[1:]:
        place = place[part.replace("~1", "/")]
    assert place[at] == found
    assert notes == []
    assert before == document()
    _, again = laid({**made, "info": before["info"]}, additions(change))
    assert all("nothing is new" in note for note in again)


def test_what_may_be_left_out_and_what_may_go() -> None:
    change = {"at": ["/paths/~1pins~1{pin_id}/delete"], "remove": ["deprecated"]}
    made, _ = laid(document(), additions(change))
    assert "deprecated" not in made["paths"]["/pins/{pin_id}"]["delete"]


def test_a_new_operation_says_from_when_it_is() -> None:
    made, notes = laid(document(), whole())
    assert made["paths"]["/boards"]["get"]["x-since"] == "2.1"
    assert "Board" in made["components"]["schemas"]
    assert notes == []


def test_what_the_description_knows_itself_stays() -> None:
    known = document()
    known["paths"]["/boards"] = {"get": operation("boards/all", answers(ref("Board")))}
    known["components"]["schemas"]["Board"] = {"type": "string"}
    made, notes = laid(known, whole())
    assert made == known
    assert notes == []


def test_another_name_for_a_path_parameter_is_the_same_operation() -> None:
    more = additions(paths={"/pins/{id}": {"delete": operation("x", answers(None))}})
    made, _ = laid(document(), more)
    assert made == document()


@pytest.mark.parametrize("version", ["2.1.0", "2.1", "2.10.0", "3.0.0"])
def test_a_description_of_that_version_is_not_touched(version: str) -> None:
    made, notes = laid(document(version), whole())
    assert made == document(version)
    assert notes == ["additions.json: the description tells of 2.1 itself, so the file can go"]


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({"at": ["/components/schemas/Gone"], "optional": ["a"]}, "'Gone' is not there"),
        ({"at": [PIN], "properties": {"a": ref("Gone")}}, "there is no Gone"),
        ({"at": [PIN], "optional": ["size"]}, "nothing is new"),
        ({"at": [f"{PIN}/properties/id"], "values": ["A"]}, "nothing is new"),
        ({"at": ["/info/version"], "set": {"a": 1}}, "that is no schema"),
    ],
)
def test_what_finds_no_place_is_a_note(change: Json, note: str) -> None:
    made, notes = laid(document(), additions(change))
    assert made == document()
    assert notes == [f"additions.json: {change['at'][0]}: {note}"]


def test_what_refers_to_what_is_not_there_is_left_out() -> None:
    old = document()
    del old["components"]["schemas"]["Text"]
    made, notes = laid(copy.deepcopy(old), whole())
    assert made == old
    assert notes == [
        "additions.json: schema Board refers to what is not there",
        "additions.json: GET /boards refers to Board, which is not there",
    ]


def test_an_older_answer_need_not_hold_what_was_added() -> None:
    rules = [Presence(fields=("id", "title", "name"), reason="always there")]
    more = additions({"at": [PIN], "properties": {"title": {"type": "string"}}})
    made, _ = marked(laid(document(), more)[0], rules)
    assert PRESENT not in made["components"]["schemas"]["Pin"]
    described = document()
    described["components"]["schemas"]["Pin"]["properties"]["title"] = {"type": "string"}
    made, _ = marked(described, rules)
    assert made["components"]["schemas"]["Pin"][PRESENT] == ["title"]


def test_an_update_replaces_the_guesses(tmp_path: Path) -> None:
    """Under the id that is known, with the facts of the newer description; what it lacks stays."""
    guess = whole().paths["/boards"]["get"]
    lost = operation("boards/lost", answers(ref("Board"), "200"))
    more = msgspec.structs.replace(
        whole(), paths={"/boards": {"get": guess}, "/lost": {"get": lost}}
    )
    (tmp_path / "additions.json").write_bytes(msgspec.json.encode(more))
    (tmp_path / "openapi.json").write_bytes(encoded(document()))
    (tmp_path / "retired.json").write_bytes(encoded({"paths": {}, "components": {}}))
    new = document("2.1.0")
    new["paths"]["/boards"] = {
        "get": {
            **operation("boards/read_all", answers(ref("Pin"))),
            "x-ratelimit-category": "truth",
        }
    }
    upstream = tmp_path / "new.json"
    upstream.write_bytes(msgspec.json.encode(new))
    found = import_document(upstream, tmp_path)
    made, notes = laid(read(tmp_path / "openapi.json"), load(tmp_path))
    truth = made["paths"]["/boards"]["get"]
    assert (truth["operationId"], truth["x-upstream-id"]) == ("boards/list", "boards/read_all")
    assert truth["x-ratelimit-category"] == "truth"
    assert "x-since" not in truth
    assert "the file can go" in notes[0]
    retired = read(tmp_path / "retired.json")
    assert retired["paths"]["/lost"]["get"]["x-retired-in"] == "2.1.0"
    assert "Board" in retired["components"]["schemas"]
    assert any("truth" in change.what for change in found.changes), found.changes


def test_the_additions_of_this_project_find_their_places() -> None:
    """Each of them adds something to the description that is committed."""
    additions = load(SPEC)
    assert additions is not None
    present = read(SPEC / "openapi.json")
    if present["info"]["version"].startswith("5.23."):
        _, notes = laid(present, additions)
        assert notes == []
        since = [one for one in operations() if one.since]
        assert len(since) == 35
        assert {one.since for one in since} == {"5.28"}
        for one in since:
            method = getattr(getattr(Pinterest, one.namespace), one.name)
            assert "Known from API 5.28 only" in " ".join(method.__doc__.split())
