"""Schemas of the description -> definitions: structs, typed dicts, enums and unions."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from definitions import Alias, Definition, Expression, Field, Input, Row, Struct
from naming import attribute, pascal, singular
from overlay import Overlay
from shapes import Property, Shapes, component_of
from values import Schema, enum_values, limited, limits, literal

from pinterest_async._core.columns import kind

Direction = Literal["in", "out"]

_SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
_COLUMN_TYPES = {"id": "str | int | None", "text": "str | None", "date": "str | None"}


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
        longer = _item_name(self.longer) if self.longer else ""
        return Place(f"{self.pointer}/{pointer}", self.direction, name, longer)


class Schemas:
    """Turns schemas into type expressions, and collects the definitions that these name."""

    def __init__(self, document: Schema, overlay: Overlay, both_ways: frozenset[str]) -> None:
        """`both_ways` names the components that requests and answers share."""
        self.overlay = overlay
        self.both_ways = both_ways
        self.definitions: dict[str, Definition] = {}
        self.notes: list[str] = []
        self._named: dict[tuple[str, Direction], str] = {}
        self._enums: dict[tuple[str, ...], dict[str, str]] = {}
        self._inline = {one.at: one.name for one in overlay.inline}
        self.shapes = Shapes(document)
        for component, schema in self.shapes.components.items():
            values = enum_values(schema)
            if values and len(values) > 1:
                name = self.component_name(component)
                self._enums.setdefault(values, {}).setdefault(name, name)

    # Names

    def component_name(self, component: str) -> str:
        """Class name of a component."""
        return self.renamed(component) if component in self.overlay.types else pascal(component)

    def renamed(self, name: str) -> str:
        """The overlay's name for a type, if it has a better one."""
        words = self.overlay.types.get(name)
        return words.name if words else name

    def _directed_name(self, component: str, direction: Direction) -> str:
        """Requests and answers need a class each of an object that both use; an enum is one."""
        name = self.component_name(component)
        if direction == "out" or component not in self.both_ways:
            return name
        schema = self.shapes.components[component]
        composed = any(word in schema for word in ("oneOf", "anyOf", "discriminator"))
        return f"{name}Input" if composed or self.shapes.is_object(schema) else name

    # Expressions

    def expression(self, schema: Schema, place: Place) -> Expression:
        """Type of a value, None included where the description admits it."""
        core = self._core(schema, place)
        return core.optional() if self.shapes.nullable(schema) else core

    def _core(self, schema: Schema, place: Place) -> Expression:
        if "$ref" in schema:
            component = component_of(schema["$ref"])
            name = self._directed_name(component, place.direction)
            return self._core(
                self.shapes.components[component],
                Place(schema["$ref"].removeprefix("#"), place.direction, name),
            )
        parts = [part for part in schema.get("allOf", ()) if _says_something(part)]
        if len(parts) == 1 and not schema.get("properties") and "$ref" in parts[0]:
            return self._core(parts[0], place)
        if "oneOf" in schema or "anyOf" in schema:
            return self._union(schema, place)
        if "mapping" in schema.get("discriminator", {}):
            return self._merged(schema, self._variants(schema), place)
        if self.shapes.is_object(schema):
            return self._object(schema, place)
        if parts:
            return self._scalar_of_parts(parts, place)
        return self._plain(schema, place)

    def _scalar_of_parts(self, parts: list[Schema], place: Place) -> Expression:
        for part in parts:
            if enum_values(self.shapes.resolve(part, "")[0]):
                return self._core(part, place)
        return self._core(parts[0], place)

    def _plain(self, schema: Schema, place: Place) -> Expression:
        values = enum_values(schema)
        if values:
            return self._enum(values, place)
        kind = schema.get("type")
        if kind == "array" or "items" in schema:
            return self._list(schema, place)
        if kind == "object":
            return self._dict(schema, place)
        if kind == "string" and schema.get("format") in {"date", "date-time", "date-time-local"}:
            return self._moment(schema["format"], place.direction)
        scalar = _SCALARS.get(kind or "", "Any")
        if place.direction == "in":
            return Expression(limited(scalar, schema))
        return Expression("Number" if scalar == "float" else scalar)

    @staticmethod
    def _moment(form: str, direction: Direction) -> Expression:
        kind = "date" if form == "date" else "datetime"
        return Expression(f"{kind} | str" if direction == "in" else kind)

    def _list(self, schema: Schema, place: Place) -> Expression:
        item = self.expression(
            schema.get("items", {}), place.under("items", _item_name(place.name))
        )
        if place.direction == "out":
            return item.with_source(f"list[{item.source}]")
        return item.with_source(limited(f"Sequence[{item.source}]", schema))

    def _dict(self, schema: Schema, place: Place) -> Expression:
        extra = schema.get("additionalProperties")
        if extra in (None, True, False, {}):
            return Expression("dict[str, Any]")
        value = self.expression(extra, place.under("additionalProperties", f"{place.name}Value"))
        kind = "dict" if place.direction == "out" else "Mapping"
        return value.with_source(f"{kind}[str, {value.source}]")

    def _enum(self, values: tuple[str, ...], place: Place) -> Expression:
        if len(values) == 1 and place.direction == "out":
            return Expression("str")
        name = self._enum_name(values, place)
        alias = Alias(name, Expression(f"Open[{literal(values)}]"), values=values)
        self.definitions.setdefault(name, alias)
        return Expression(name, frozenset({name}))

    def _enum_name(self, values: tuple[str, ...], place: Place) -> str:
        known = self._enums.setdefault(values, {})
        if place.pointer in self._inline:
            name = self._inline[place.pointer]
        elif place.pointer.count("/") == 3 and place.name in known:
            return known[place.name]
        else:
            own = place.name
            for name in known.values():
                if own.endswith(name.removesuffix("Type")) or name.endswith(_last_word(own)):
                    return name
            name = self.renamed(own.replace("Input", ""))
        if name in self.definitions and name not in known:
            name = place.longer or name
        if name in self.definitions and name not in known:
            name = self._another(name, place)
        known[name] = name
        return name

    def _another(self, name: str, place: Place) -> str:
        """A name that is free, for a type whose own is taken; the overlay can give a better one."""
        number = next(n for n in itertools.count(2) if f"{name}{n}" not in self.definitions)
        self.notes.append(f"two types are named {name}; [[inline]] can name {place.pointer}")
        return f"{name}{number}"

    # Objects

    def _object(self, schema: Schema, place: Place) -> Expression:
        return self._define(place, lambda name: self._define_object(name, schema, place))

    def _define(self, place: Place, make: Callable[[str], Definition]) -> Expression:
        key = (place.pointer, place.direction)
        if key not in self._named:
            name = self._inline.get(place.pointer) or self.renamed(place.name)
            if place.direction == "in" and self._named.get((place.pointer, "out")) == name:
                name += "Input"
            if name in self._named.values() or name in self.definitions:
                name = self._another(name, place)
            self._named[key] = name
            self.definitions[name] = make(name)
        name = self._named[key]
        return Expression(name, frozenset({name}))

    def _define_object(
        self, name: str, schema: Schema, place: Place, tag: tuple[str, str] | None = None
    ) -> Struct | Input:
        properties = self.shapes.properties(schema, place.pointer)
        if place.direction == "in":
            required = self.shapes.required(schema)
            return Input(name, tuple(self.inputs(name, properties, required, place, tag)), "")
        fields = tuple(self.outputs(name, properties, self.shapes.present(schema), tag))
        return self._struct(name, fields, tag)

    def _struct(
        self, name: str, fields: tuple[Field, ...], tag: tuple[str, str] | None = None
    ) -> Struct:
        utc = tuple(one.name for one in fields if one.type.source.startswith("datetime"))
        secrets = tuple(one.name for one in fields if one.wire_name in self.overlay.secrets)
        return Struct(name, fields, "", tag, utc, secrets)

    def outputs(
        self,
        owner: str,
        properties: dict[str, Property],
        required: Iterable[str],
        tag: tuple[str, str] | None = None,
    ) -> Iterator[Field]:
        """Fields of a struct: what is always there has no default, all else is None.

        A list or map that is absent is empty. In what has no id, such as the answer to a bulk
        write, it is so too where it may be null.
        """
        thing = "id" in properties
        for wire_name, prop in properties.items():
            if tag and wire_name == tag[0]:
                continue
            nullable = self.shapes.nullable(prop.schema)
            must = wire_name in required and not nullable
            place = Place(prop.pointer, "out", owner + pascal(wire_name))
            core = self.expression(prop.schema, place)
            bare = core.required()
            if not must:
                core = bare if bare.container and not (nullable and thing) else core.optional()
            yield Field(
                attribute(wire_name),
                wire_name,
                core,
                must,
                self.doc(owner, wire_name, prop.schema, answered=True),
            )

    def inputs(
        self,
        owner: str,
        properties: dict[str, Property],
        required: Iterable[str],
        place: Place,
        tag: tuple[str, str] | None = None,
    ) -> Iterator[Field]:
        """Fields of a typed dict: all that is not read-only."""
        for wire_name, prop in properties.items():
            if tag and wire_name == tag[0]:
                continue
            resolved, _ = self.shapes.resolve(prop.schema, "")
            if prop.schema.get("readOnly", resolved.get("readOnly")):
                continue
            here = Place(prop.pointer, place.direction, owner + pascal(wire_name))
            yield Field(
                wire_name,
                wire_name,
                self.expression(prop.schema, here),
                wire_name in required,
                self.doc(owner, wire_name, prop.schema),
            )
        if tag:
            yield Field(tag[0], tag[0], Expression(f'Literal["{tag[1]}"]'), required=True)

    def without(self, name: str, fields: tuple[str, ...]) -> None:
        """Drop fields of a request body that the call has as parameters already."""
        one = self.definitions[name]
        if isinstance(one, Input):
            kept = tuple(field for field in one.fields if field.name not in fields)
            self.definitions[name] = replace(one, fields=kept)

    def optional(self, names: Iterable[str], fields: tuple[str, ...]) -> None:
        """Let callers leave out fields of the items of a body: they are filled from the path."""
        for name in names:
            one = self.definitions[name]
            if isinstance(one, Alias):
                self.optional(one.type.uses, fields)
            elif isinstance(one, Input):
                kept = [
                    replace(field, required=field.required and field.name not in fields)
                    for field in one.fields
                ]
                self.definitions[name] = replace(one, fields=tuple(kept))

    # Unions

    def _union(self, schema: Schema, place: Place) -> Expression:
        options = self.shapes.options(schema, place.pointer)
        tagged = self._tagged(schema, options)
        if tagged:
            return self._tagged_union(*tagged, place)
        if all(self.shapes.is_object(option) for option, _ in options):
            if place.direction == "out":
                return self._merged(schema, options, place)
            return self._untagged_inputs(options, place)
        return self._union_of_plain(options, place)

    def _variants(self, schema: Schema) -> list[tuple[Schema, str]]:
        mapping = schema["discriminator"]["mapping"]
        return [({"$ref": ref}, ref.removeprefix("#")) for ref in mapping.values()]

    def _tagged(
        self, schema: Schema, options: list[tuple[Schema, str]]
    ) -> tuple[str, list[tuple[str, Schema, str]]] | None:
        """The tag field and `(tag, variant, pointer)`; None where options share a tag."""
        schema, _ = self.shapes.resolve(schema, "")
        discriminator = schema.get("discriminator", {})
        if discriminator.get("mapping"):
            field = discriminator["propertyName"]
            mapped = {(ref, tag) for tag, ref in discriminator["mapping"].items()}
            variants = [
                (tag, option, at)
                for option, at in options
                for ref, tag in mapped
                if option.get("$ref") == ref
            ]
            if len(variants) == len(options):
                return field, variants
        for field in self.shapes.properties(*options[0]):
            tags = [self._constant(option, at, field) for option, at in options]
            if all(tags) and len(set(tags)) == len(tags):
                return field, [
                    (tag, option, at)
                    for tag, (option, at) in zip(tags, options, strict=True)
                    if tag
                ]
        return None

    def _constant(self, schema: Schema, pointer: str, field: str) -> str | None:
        prop = self.shapes.properties(schema, pointer).get(field)
        if prop is None or field not in self.shapes.required(schema):
            return None
        values = enum_values(self.shapes.resolve(prop.schema, "")[0])
        return values[0] if values and len(values) == 1 else None

    def _tagged_union(
        self, field: str, variants: list[tuple[str, Schema, str]], place: Place
    ) -> Expression:
        names: list[str] = []
        for tag, variant, at in variants:
            resolved, pointer = self.shapes.resolve(variant, at)
            if "$ref" in variant:
                name = self._directed_name(component_of(variant["$ref"]), place.direction)
            else:
                name = place.name + pascal(tag.lower())
            made = self._variant(resolved, Place(pointer, place.direction, name), (field, tag))
            names.append(made.source)
        union = " | ".join(names)
        return self._alias(
            place, f"OpenUnion[{union}]" if place.direction == "out" else union, names
        )

    def _variant(self, schema: Schema, place: Place, tag: tuple[str, str]) -> Expression:
        return self._define(place, lambda name: self._define_object(name, schema, place, tag))

    def _untagged_inputs(self, options: list[tuple[Schema, str]], place: Place) -> Expression:
        names: list[str] = []
        for option, at in options:
            made = self._core(option, Place(at, place.direction, self._option_name(option, place)))
            names += [made.source] if made.source not in names else []
        if len(names) == 1:
            return Expression(names[0], frozenset(names))
        return self._alias(place, " | ".join(names), names)

    def _option_name(self, option: Schema, place: Place) -> str:
        title = str(option.get("title", ""))
        if title.isidentifier() and title[0].isupper():
            return title
        return place.name + "".join(pascal(name) for name in sorted(self.shapes.required(option)))

    def _alias(self, place: Place, source: str, names: Iterable[str]) -> Expression:
        return self._define(place, lambda name: Alias(name, Expression(source, frozenset(names))))

    def _merged(
        self, schema: Schema, options: list[tuple[Schema, str]], place: Place
    ) -> Expression:
        """One object for alternatives that nothing on the wire tells apart."""
        own = self.shapes.properties(schema, place.pointer)
        declared = {name: [prop] for name, prop in own.items()}
        always = self.shapes.required if place.direction == "in" else self.shapes.present
        required = always(schema) if own else None
        for option, at in options:
            for name, prop in self.shapes.properties(option, at).items():
                declared.setdefault(name, []).append(prop)
            names = always(option)
            required = names if required is None else required & names
        properties = {name: _either(props) for name, props in declared.items()}

        def make(name: str) -> Struct | Input:
            if place.direction == "in":
                return Input(name, tuple(self.inputs(name, properties, required or (), place)), "")
            return self._struct(name, tuple(self.outputs(name, properties, required or ())))

        return self._define(place, make)

    def _union_of_plain(self, options: list[tuple[Schema, str]], place: Place) -> Expression:
        values: list[str] = []
        for option, _ in options:
            values += enum_values(self.shapes.resolve(option, "")[0]) or ()
        if values and all(enum_values(self.shapes.resolve(option, "")[0]) for option, _ in options):
            return self._enum(tuple(dict.fromkeys(values)), place)
        made = [
            self._core(option, Place(at, place.direction, place.name)) for option, at in options
        ]
        uses = frozenset[str]().union(*(one.uses for one in made))
        sources = list(dict.fromkeys(one.source for one in made))
        if "str" in sources:  # an open enum is a str already
            sources = [s for s in sources if s not in self.definitions]
            uses = uses & frozenset(sources)
        return Expression(" | ".join(sources), uses)

    # Rows

    def row(self, name: str, schema: Schema, pointer: str, base: str) -> Expression:
        """A row of an analytics answer: the fields that are always possible; `base` has columns."""
        fields = tuple(
            Field(wire, wire, Expression("str"), required=True)
            for wire in self.shapes.properties(schema, pointer)
        )
        self.definitions[name] = Row(name, base, fields, (), "")
        return Expression(name, frozenset({name}))

    def row_columns(self, name: str, columns: Iterable[str]) -> str:
        """The class that declares the columns a caller may ask for."""
        fields = {
            column: Field(column, column, Expression(_column_type(column)), required=False)
            for column in columns
        }
        known = self.definitions.get(name)
        if isinstance(known, Row):
            fields = {one.name: one for one in known.columns} | fields
        self.definitions[name] = Row(name, "Row", (), tuple(fields.values()), "")
        return name

    def alias(self, name: str, expression: Expression) -> Expression:
        """Name an expression."""
        self.definitions[name] = Alias(name, expression)
        return Expression(name, frozenset({name}))

    # Words

    def doc(self, owner: str, name: str, schema: Schema, *, answered: bool = False) -> str:
        """Unit and limits of a field in one line; nothing where its name says it all."""
        resolved, _ = self.shapes.resolve(schema, "")
        units = self.overlay.units
        said = units.get(f"{owner}.{name}") or units.get(name) or ""
        parts = [said.rstrip(".")] if said else []
        values = enum_values(resolved) or ()
        if answered:
            parts += [f"`{values[0]}`"] if len(values) == 1 else []
            parts += ["deprecated"] if schema.get("deprecated", resolved.get("deprecated")) else []
        else:
            parts += limits({**resolved, **schema})
        return ". ".join(part[0].upper() + part[1:] for part in parts) + ("." if parts else "")


def _either(props: list[Property]) -> Property:
    """One property for several that alternatives declare under the same name."""
    different = [one.schema for i, one in enumerate(props) if one.schema not in _schemas(props[:i])]
    if len(different) == 1:
        return props[0]
    return Property({"anyOf": different}, f"{props[0].pointer}/either")


def _schemas(props: list[Property]) -> list[Schema]:
    return [one.schema for one in props]


def _says_something(schema: Schema) -> bool:
    return bool(schema.keys() - {"default", "nullable", "title", "deprecated"})


def _item_name(name: str) -> str:
    one = singular(name)
    return one if one != name else f"{name}Item"


def _last_word(name: str) -> str:
    start = max(index for index, letter in enumerate(name) if letter.isupper())
    return name[start:]


def _column_type(column: str) -> str:
    """Type of a column that a caller may ask for; Pinterest leaves out what is empty."""
    return _COLUMN_TYPES.get(kind(column), "float | None")
