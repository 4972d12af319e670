"""Types of bodies that are imported when they are first looked at."""

import pickle
import subprocess
import sys
import types
import typing
from typing import Any, get_args, get_origin

from pydantic import TypeAdapter
from pydantic.errors import PydanticUserError

import pinterest_async.types as real
from pinterest_async._core.annotations import keys, members, strip
from pinterest_async._core.operation import several
from pinterest_async._core.types import LazyType
from pinterest_async.resources import pins

LAZY: Any = LazyType("_pins_bodies", "PinCreate")


def test_what_stands_for_a_type_leads_to_it() -> None:
    assert strip(LAZY).core is real.PinCreate
    assert repr(LAZY) == "PinCreate"
    assert LAZY.__value__ is real.PinCreate


def test_it_can_be_sent_to_another_process() -> None:
    assert pickle.loads(pickle.dumps(LAZY)) == LAZY  # noqa: S301  (our own)
    assert hash(LazyType("_pins_bodies", "PinCreate")) == hash(LAZY)
    assert LazyType("_pins_bodies", "PinUpdate") != LAZY


def test_a_union_of_it_is_one_of_the_type() -> None:
    one, none = members(LAZY | None)
    assert (strip(one).core, none) == (real.PinCreate, type(None))
    assert get_origin(LAZY | None) is typing.Union


def test_it_can_be_used_as_the_type() -> None:
    assert LAZY(board_id="8", title="Soup") == {"board_id": "8", "title": "Soup"}

    def fields(names: dict[str, Any]) -> None:
        names["__annotations__"] = {"minutes": int}

    inherited = types.new_class("Recipe", (LAZY,), {"total": False}, fields)
    assert {*keys(inherited)} == {*keys(real.PinCreate), "minutes"}


def test_pydantic_takes_it_for_the_type() -> None:
    assert pydantic_makes(LAZY) == pydantic_makes(real.PinCreate)


def pydantic_makes(kind: Any) -> Any:
    """The schema of a list; before Python 3.12, pydantic refuses what `typing` makes."""
    try:
        return TypeAdapter[Any](several(kind)).json_schema()
    except PydanticUserError as error:
        return error.code


def test_methods_tell_their_types_to_whoever_asks() -> None:
    hints = typing.get_type_hints(pins.Pins.create)
    (body,) = get_args(hints["body"])
    assert strip(body).core is real.PinCreate
    assert hints["return"] is real.Pin


def test_none_is_imported_before_it_is_looked_at() -> None:
    program = (
        "import sys; from pinterest_async.resources import pins; "
        "print('pinterest_async.resources._pins_bodies' in sys.modules); "
        "pins.PinCreate.__value__; "
        "print('pinterest_async.resources._pins_bodies' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert ran.stdout.split() == [b"False", b"True"]
