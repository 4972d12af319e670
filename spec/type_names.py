"""What the types are called that schemas become."""

import itertools
from collections.abc import Container
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from naming import pascal, singular
from overlay import Overlay
from shapes import Shapes
from values import enum_values

Direction = Literal["in", "out"]


@dataclass(frozen=True)
class Place:
    """Where a schema stands: its JSON pointer, who uses it, and a name should it need one.

    `longer` is a name for when another type has the first one.
    """

    pointer: str
    direction: Direction
    name: str
    longer: str = ""

    def under(self, pointer: str, name: str) -> "Place":
        """A place below this one."""
        longer = item_name(self.longer) if self.longer else ""
        return Place(f"{self.pointer}/{pointer}", self.direction, name, longer)


class TypeNames:
    """Gives each type a name of its own; `origins` tells which schema a type was made of."""

    def __init__(
        self,
        shapes: Shapes,
        overlay: Overlay,
        both_ways: frozenset[str],
        taken: Container[str],
        reserved: frozenset[str],
    ) -> None:
        self.shapes = shapes
        self.overlay = overlay
        self.both_ways = both_ways
        self.taken = taken
        self.reserved = reserved
        self.notes: list[str] = []
        self.origins: dict[str, str] = {}
        self._unused = {one.at for one in overlay.inline}
        self._inline = {one.at: one.name for one in overlay.inline if "*" not in one.at}
        self._patterns = [(one.at, one.name) for one in overlay.inline if "*" in one.at]
        self._enums: dict[tuple[str, ...], dict[str, str]] = {}
        for component, schema in shapes.components.items():
            values = enum_values(schema)
            if values and len(values) > 1:
                name = self.of_component(component)
                self._enums.setdefault(values, {}).setdefault(name, name)

    def of_component(self, component: str) -> str:
        """Class name of a component."""
        known = component in self.overlay.types
        return self.renamed(component) if known else pascal(component)

    def renamed(self, name: str) -> str:
        """The overlay's name for a type, if it has a better one."""
        words = self.overlay.types.get(name)
        return words.name if words else name

    def directed(self, component: str, direction: Direction) -> str:
        """Requests and answers need a class each of an object that both use; an enum is one."""
        name = self.of_component(component)
        if direction == "out" or component not in self.both_ways:
            return name
        schema = self.shapes.components[component]
        composed = any(word in schema for word in ("oneOf", "anyOf", "discriminator"))
        return f"{name}Input" if composed or self.shapes.is_object(schema) else name

    def of_place(
        self, place: Place, tag: tuple[str, str] | None, out: set[str], named: set[str]
    ) -> str:
        """Name of the object or union at a place.

        `out` are names of what answers hold of the same place, `named` those of all places.
        """
        name = self.inline(place.pointer) or self.renamed(place.name)
        if place.direction == "in" and name in out:
            name += "Input"
        if (
            (name in named or name in self.taken)
            and tag is not None
            and place.pointer in (self.origins.get(name, ""))
        ):
            name += pascal(tag[1].lower())
        name = self.free(name)
        return self.another(name, place) if name in named or name in self.taken else name

    def of_enum(self, values: tuple[str, ...], place: Place) -> str:
        """Name of a vocabulary: that of an equal one which fits, or one of its own."""
        known = self._enums.setdefault(values, {})
        inline = self.inline(place.pointer)
        if inline:
            name = inline
        elif place.pointer.count("/") == 3 and place.name in known:
            return known[place.name]
        else:
            own = place.name
            for name in known.values():
                if own.endswith(name.removesuffix("Type")) or name.endswith(_last_word(own)):
                    return name
            name = self.renamed(own.replace("Input", ""))
        if name in self.taken and name not in known:
            name = place.longer or name
        name = self.free(name)
        if name in self.taken and name not in known:
            name = self.another(name, place)
        known[name] = name
        return name

    def inline(self, pointer: str) -> str | None:
        """The overlay's name for the anonymous schema at a pointer."""
        if pointer in self._inline:
            self._unused.discard(pointer)
            return self._inline[pointer]
        for pattern, name in self._patterns:
            if fnmatchcase(pointer, pattern):
                self._unused.discard(pattern)
                return name
        return None

    def unused(self) -> list[str]:
        """Notes on the names of the overlay that were for nothing."""
        return [f"[[inline]] {at}: no type is made of it" for at in sorted(self._unused)]

    def free(self, name: str) -> str:
        """The name, or one like it where a namespace or a word of the modules has it."""
        while name in self.reserved:
            name += "Data"
        return name

    def another(self, name: str, place: Place) -> str:
        """A name that is free, for a type whose own is taken; the overlay can give a better one."""
        number = next(n for n in itertools.count(2) if f"{name}{n}" not in self.taken)
        self.notes.append(f"two types are named {name}; [[inline]] can name {place.pointer}")
        return f"{name}{number}"


def item_name(name: str) -> str:
    """Name for an item of a list: the singular, if there is one."""
    one = singular(name)
    return one if one != name else f"{name}Item"


def _last_word(name: str) -> str:
    start = max((index for index, letter in enumerate(name) if letter.isupper()), default=0)
    return name[start:]
