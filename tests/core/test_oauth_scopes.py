"""What a grant says of OAuth scopes, however it joins them, and what of them is missing."""

import re
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_async import Scope, operations
from pinterest_async._core.annotations import strip
from pinterest_async._core.oauth_scopes import granted_scopes, missing_scopes

KNOWN = strip(Scope).known
scopes = st.lists(st.sampled_from(KNOWN), min_size=1, unique=True)


@given(scopes, st.sampled_from([",", " ", ", ", " ,", "  ", ",,", "\n"]))
def test_scopes_are_joined_by_commas_or_spaces(given: list[str], joint: str) -> None:
    assert granted_scopes(joint.join(given)) == tuple(sorted(given))
    assert granted_scopes(f"{joint}{joint.join(given + given)}{joint}") == tuple(sorted(given))


@pytest.mark.parametrize(
    "text", [None, "", " , ", "a" * 201, " ".join(f"a{n}" for n in range(201)), "ads:\x1bread"]
)
def test_what_names_no_scopes_says_nothing_of_them(text: str | None) -> None:
    assert granted_scopes(text) is None


@given(st.text())
def test_no_text_is_too_odd(text: str) -> None:
    for scope in granted_scopes(text) or ():
        assert scope in text
        assert not re.search(r"[,\s]", scope)


def test_one_of_the_alternatives_is_enough() -> None:
    needed = (("ads:read", "pins:read"), ("ads:write",))
    assert missing_scopes(needed, ("ads:write",)) == ()
    assert missing_scopes(needed, ("pins:read", "ads:read")) == ()
    assert missing_scopes(needed, ()) == ("ads:write",)
    assert missing_scopes(needed[:1], ("pins:read",)) == ("ads:read",)
    assert missing_scopes((), ()) == ()


@given(st.lists(scopes, max_size=3), scopes)
def test_what_is_missing_is_what_has_to_be_added(needed: list[list[str]], held: list[str]) -> None:
    missing = missing_scopes(needed, held)
    assert not set(missing) & set(held)
    assert missing_scopes(needed, (*held, *missing)) == ()


def test_the_names_are_those_that_operations_need() -> None:
    needed = {scope for one in operations() for few in one.scopes for scope in few}
    assert needed < set(KNOWN)
    assert {"boards:write_secret", "pins:write_secret"} <= set(KNOWN)
    assert get_args(Scope)[0] is str  # a scope that is newer than this version may be asked for
