"""What writes of many items at once made, and which of the items failed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeGuard, TypeVar, get_args, overload

import msgspec

from pinterest_async._core.guards import is_items, is_mapping
from pinterest_async._core.item_failures import ItemFailure, field_of, has_field
from pinterest_async._core.operation import Operation
from pinterest_async.errors import ItemsFailedError
from pinterest_async.response import Response, check_items, facts_of

T = TypeVar("T")
D = TypeVar("D")
D_co = TypeVar("D_co", covariant=True)


def raise_for_items(answer: T) -> T:
    """Raise when an answer that succeeded as a whole reports items that failed.

    Writes of many items at once (campaigns, ads, conversion events, catalog items ...) succeed
    though some or all of their items failed. Works on what a method returned as on what
    `send` did, and returns it:

        made = raise_for_items(await pinterest.campaigns.create(campaigns))

    Raises:
        ItemsFailedError: `failures` lists them, `data` is the answer with the items that succeeded.
    """
    whole: object = answer
    if _is_response(whole):
        whole.raise_for_items()
    else:
        check_items(whole)
    return answer


# What a bulk write returns, in each of its shapes. Properties, since answers are immutable.


if TYPE_CHECKING:

    class _HasData(Protocol[D_co]):
        @property
        def data(self) -> D_co | None: ...

    class _HasInvite(Protocol[D_co]):
        @property
        def invite(self) -> D_co | None: ...

    class _HasResponse(Protocol[D_co]):
        @property
        def response(self) -> D_co | None: ...

    class _Items(Protocol[D_co]):
        @property
        def items(self) -> Sequence[D_co] | None: ...

    class _Promotions(Protocol[D_co]):
        @property
        def promotions(self) -> Sequence[D_co] | None: ...

    class _Keywords(Protocol[D_co]):
        @property
        def keywords(self) -> Sequence[D_co] | None: ...

    class _Labels(Protocol[D_co]):
        @property
        def labels(self) -> Sequence[D_co] | None: ...

    class _UpdatedGroups(Protocol[D_co]):
        @property
        def updated_asset_groups(self) -> Sequence[D_co] | None: ...

    class _DeletedGroups(Protocol[D_co]):
        @property
        def deleted_asset_groups(self) -> Sequence[D_co] | None: ...

    class _Events(Protocol[D_co]):
        @property
        def events(self) -> Sequence[D_co] | None: ...

    class _EntityLabels(Protocol[D_co]):
        @property
        def entities_labels(self) -> Sequence[D_co] | None: ...

    class _Whole(Protocol[D_co]):
        """A `Response`, whose type parameter would have to fit exactly."""

        @property
        def data(self) -> D_co: ...
        @property
        def operation(self) -> Operation[Any]: ...


OF_ITEMS: Final = ("items", "promotions")
_THINGS: Final = ("data", "invite", "response")
OF_THINGS: Final = (
    "keywords",
    "labels",
    "updated_asset_groups",
    "deleted_asset_groups",
    "events",
    "entities_labels",
)


@overload
def succeeded(answer: "_Items[_HasData[D]] | _Whole[_Items[_HasData[D]]]") -> list[D]: ...
@overload
def succeeded(answer: "_Items[_HasInvite[D]] | _Whole[_Items[_HasInvite[D]]]") -> list[D]: ...
@overload
def succeeded(answer: "_Items[_HasResponse[D]] | _Whole[_Items[_HasResponse[D]]]") -> list[D]: ...
@overload
def succeeded(answer: "_Promotions[_HasData[D]] | _Whole[_Promotions[_HasData[D]]]") -> list[D]: ...
@overload
def succeeded(answer: "_Keywords[D] | _Whole[_Keywords[D]]") -> list[D]: ...
@overload
def succeeded(answer: "_Labels[D] | _Whole[_Labels[D]]") -> list[D]: ...
@overload
def succeeded(answer: "_UpdatedGroups[D] | _Whole[_UpdatedGroups[D]]") -> list[D]: ...
@overload
def succeeded(answer: "_DeletedGroups[D] | _Whole[_DeletedGroups[D]]") -> list[D]: ...
@overload
def succeeded(answer: "_Events[D] | _Whole[_Events[D]]") -> list[D]: ...
@overload
def succeeded(answer: "_EntityLabels[D] | _Whole[_EntityLabels[D]]") -> list[D]: ...
@overload
def succeeded(answer: "Sequence[_HasData[D]] | _Whole[Sequence[_HasData[D]]]") -> list[D]: ...
def succeeded(answer: Any) -> list[Any]:
    """What a write of many items made or changed: the thing of each item, in order.

        [made] = succeeded(await pinterest.campaigns.create([{"name": "Spring", ...}]))
        print(made.id)

    Takes what a method returned, or what `send` did. These answers have something for each item:

    - `campaigns`, `ad_groups`, `ads`, `lead_forms`, `product_group_promotions` and `promotions`,
      `create` and `update`: the `data` of each item.
    - `business_invites`: the `invite` of each item; `business_members.update_asset_access`: the
      `response` of each.
    - `keywords` and `labels`, `create` and `update`, and `update` and `delete` of `asset_groups`:
      the list beside the errors.
    - `conversions.send`: the events; `labels.apply` and `remove`: the labels of the campaigns.
    - `ad_previews.create_for_ad_groups`, and `create` and `update` of `local_stores` and
      `schedules`: the `data` of each item, or the item where it is the thing itself.

    Answers that only report the state of items (`catalog_item_batches`, `advanced_auction`) hold
    no such things; use `raise_for_items` there.

    Raises:
        ItemsFailedError: An item failed, as with `raise_for_items`, or the answer has neither a
            thing nor a failure for it.
        TypeError: The answer is not of a write of many items.
    """
    data: Any = raise_for_items(answer)
    facts: dict[str, Any] = {}
    if _is_response(data):
        data, facts = data.data, facts_of(data)
    found, wrapped = (data, True) if is_items(data) else (None, False)
    for name in (*OF_ITEMS, *OF_THINGS) if found is None else ():
        found, wrapped = field_of(data, name), name in OF_ITEMS
        if found is not None:
            break
    if found is None and _is_not_of_items(data):
        raise TypeError(_WRONG.format(data))
    if not is_items(found):
        nothing = ItemFailure(index=None, code=None, message=_NO_ITEMS, item=None)
        raise ItemsFailedError((nothing,), data=data, **facts)
    things: list[Any] = []
    missing: list[ItemFailure] = []
    for index, item in enumerate(found):
        thing = thing_of(item) if wrapped else item
        if thing is None and found is data:
            thing = bare_thing(item)
        if thing is None:
            missing.append(ItemFailure(index=index, code=None, message=_NO_THING, item=item))
        things.append(thing)
    if missing:
        raise ItemsFailedError(missing, data=data, **facts)
    return things


_WRONG: Final = "succeeded() takes the answer to a write of many items, not {!r:.200}"
_NO_ITEMS: Final = "the answer has no items"
_NO_THING: Final = "the answer has nothing for this item, and no failure either"


def _is_not_of_items(data: Any) -> bool:
    """Whether data are a good answer of another kind; plain values were sent wrongly."""
    one = data[0] if is_items(data) and data else data
    return isinstance(one, msgspec.Struct) or is_items(one)


def thing_of(item: Any) -> Any:
    """What an item of a bulk write made; None where there is nothing."""
    for name in _THINGS:
        if has_field(item, name):
            return field_of(item, name)
    if isinstance(item, msgspec.Struct):
        raise TypeError(_WRONG.format(item))
    return None


def bare_thing(item: Any) -> Any:
    """An item that is the thing itself, as what its `data` would be; None where it is empty."""
    if not isinstance(item, msgspec.Struct):
        return item if is_mapping(item) and item else None
    parts = next(one.type for one in msgspec.structs.fields(item) if one.name == "data")
    kind = next((one for one in (parts, *get_args(parts)) if _is_struct(one)), None)
    if kind is None:  # a field of that name that today's types lack
        raise TypeError(_WRONG.format(item))
    values = {name: field_of(item, name) for name in kind.__struct_fields__}
    return kind(**values) if any(value is not None for value in values.values()) else None


def _is_struct(value: object) -> TypeGuard[type[msgspec.Struct]]:
    return isinstance(value, type) and issubclass(value, msgspec.Struct)


def _is_response(value: object) -> TypeGuard[Response[Any]]:
    return isinstance(value, Response)
