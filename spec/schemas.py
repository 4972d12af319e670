"""Schemas of the description -> definitions: structs, typed dicts, enums and unions."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from definitions import Alias, Definition, Expression, Field, Input, Row, Struct
from naming import attribute, pascal
from overlay import Overlay
from shapes import Property, Shapes, component_of, says_something
from tags import Tags, Variant
from type_names import Direction, Place, TypeNames, item_name
from values import Schema, enum_values, limited, limits, literal

from pinterest_async._core.column_kinds import kind

_SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
_COLUMN_TYPES = {"id": "str | int | None", "text": "str | None", "date": "str | None"}


class Schemas:
    """Turns schemas into type expressions, and collects the definitions that these name."""

    def __init__(
        self,
        document: Schema,
        overlay: Overlay,
        both_ways: frozenset[str],
        reserved: frozenset[str] = frozenset(),
    ) -> None:
        """`both_ways` names the components that requests and answers share.

        No type gets a name that is `reserved`.
        """
        self.overlay = overlay
        self.definitions: dict[str, Definition] = {}
        self._named: dict[tuple[str, Direction, tuple[str, str] | None], str] = {}
        self.shapes = Shapes(document)
        self.names = TypeNames(self.shapes, overlay, both_ways, self.definitions, reserved)
        self.tags = Tags(self.shapes)
        self.tags.learn(document)

    # Expressions

    def expression(self, schema: Schema, place: Place) -> Expression:
        """Type of a value, None included where the description admits it."""
        core = self._core(schema, place)
        return core.optional() if self.shapes.nullable(schema) else core

    def _core(self, schema: Schema, place: Place) -> Expression:
        if "$ref" in schema:
            component = component_of(schema["$ref"])
            name = self.names.directed(component, place.direction)
            return self._core(
                self.shapes.components[component],
                Place(schema["$ref"].removeprefix("#"), place.direction, name),
            )
        if "oneOf" in schema or "anyOf" in schema:
            return self._union(schema, place)
        if schema.get("discriminator", {}).get("mapping"):
            return self._merged(schema, self._variants(schema), place)
        if same := self.shapes.other_name(schema):
            return self._core(same, place)
        parts = [part for part in schema.get("allOf", ()) if says_something(part)]
        if any(self.shapes.is_union(part) for part in parts):
            return self._union(self.shapes.opened(schema), place)
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
        item = self.expression(schema.get("items", {}), place.under("items", item_name(place.name)))
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
        name = self.names.of_enum(values, place)
        alias = Alias(name, Expression(f"Open[{literal(values)}]"), values=values)
        self.definitions.setdefault(name, alias)
        return Expression(name, frozenset({name}))

    # Objects

    def _object(self, schema: Schema, place: Place) -> Expression:
        return self._variant(schema, place, None)

    def _define(
        self,
        place: Place,
        make: Callable[[str], Definition],
        tag: tuple[str, str] | None = None,
    ) -> Expression:
        """A definition for a place, made once; a variant of another union is another one."""
        key = (place.pointer, place.direction, tag)
        if key not in self._named:
            others = [
                name
                for (pointer, direction, _), name in self._named.items()
                if pointer == place.pointer and direction == "out"
            ]
            if tag and place.direction == "out" and place.pointer in self.tags.alone:
                # Alone it may have any value for its tag, so that is another class.
                place = replace(place, name=place.name + pascal(tag[1].lower()))
            name = self.names.of_place(place, tag, set(others), set(self._named.values()))
            self._named[key] = name
            self.names.origins[name] = place.pointer
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

    def is_input(self, name: str) -> bool:
        """Whether a type is an object with fields that a request holds."""
        return isinstance(self.definitions.get(name), Input)

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
        tagged = self.tags.tagged(schema, options)
        if tagged:
            field, variants = tagged
            plain = [(one.schema, one.pointer) for one in variants]
            whole = self._with_own(schema, plain, place, field)
            pairs = zip(variants, whole, strict=True)
            variants = [Variant(one.tag, option, at) for one, (option, at) in pairs]
            return self._tagged_union(field, variants, place)
        options = self._with_own(schema, options, place)
        if all(self.shapes.is_object(option) for option, _ in options):
            if place.direction == "out":
                return self._merged(schema, options, place)
            return self._untagged_inputs(options, place)
        return self._union_of_plain(options, place)

    def _with_own(
        self, schema: Schema, options: list[tuple[Schema, str]], place: Place, tag: str = ""
    ) -> list[tuple[Schema, str]]:
        """Alternatives with the properties that stand beside their list, but for the tag."""
        own = self.shapes.properties(schema, place.pointer).keys() - {tag}
        if all(own <= self.shapes.properties(*option).keys() for option in options):
            return options
        beside = {key: schema[key] for key in ("properties", "allOf", "required") if key in schema}
        return [
            ({"title": self._option_name(option, place), "allOf": [beside, option]}, f"{at}/whole")
            for option, at in options
        ]

    def _variants(self, schema: Schema) -> list[tuple[Schema, str]]:
        mapping = schema["discriminator"]["mapping"]
        return [({"$ref": ref}, ref.removeprefix("#")) for ref in mapping.values()]

    def _tagged_union(self, field: str, variants: list[Variant], place: Place) -> Expression:
        names: list[str] = []
        for tag, variant, at in variants:
            resolved, pointer = self.shapes.resolve(variant, at)
            if "$ref" in variant:
                name = self.names.directed(component_of(variant["$ref"]), place.direction)
            else:
                name = place.name + pascal(tag.lower())
            made = self._variant(resolved, Place(pointer, place.direction, name), (field, tag))
            names.append(made.source)
        union = " | ".join(names)
        return self._alias(
            place, f"OpenUnion[{union}]" if place.direction == "out" else union, names
        )

    def _variant(self, schema: Schema, place: Place, tag: tuple[str, str] | None) -> Expression:
        def make(name: str) -> Struct | Input:
            return self._define_object(name, schema, place, tag)

        if tag and place.direction == "in":  # a request's own constant says what a tag would
            constant = self.tags.constant(schema, place.pointer, tag[0]) == tag[1]
            return self._define(place, make, None if constant else tag)
        return self._define(place, make, tag)

    def _untagged_inputs(self, options: list[tuple[Schema, str]], place: Place) -> Expression:
        names: list[str] = []
        for option, at in options:
            made = self._core(option, Place(at, place.direction, self._option_name(option, place)))
            names += [made.source] if made.source not in names else []
        if len(names) == 1:
            return Expression(names[0], frozenset(names))
        return self._alias(place, " | ".join(names), names)

    def _option_name(self, option: Schema, place: Place) -> str:
        if "$ref" in option:
            return place.name + self.names.of_component(component_of(option["$ref"]))
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
        """Alternatives that differ in their JSON type; those of one type become one."""
        groups: dict[str, list[tuple[Schema, str]]] = {}
        for option, at in options:
            groups.setdefault(self.shapes.json_type(option), []).append((option, at))
        if "" in groups:
            return Expression("Any")
        parts = [self._alike(kind, group, place) for kind, group in groups.items()]
        uses = frozenset[str]().union(*(one.uses for one in parts))
        sources = dict.fromkeys(name for one in parts for name in one.source.split(" | "))
        return Expression(" | ".join(sources), uses)

    def _alike(self, kind: str, group: list[tuple[Schema, str]], place: Place) -> Expression:
        """One expression for alternatives of one JSON type."""
        if kind == "array" and len(group) > 1:
            return self._lists(group, place)
        if kind == "object" and len(group) > 1:
            if all(self.shapes.is_object(option) for option, _ in group):
                schema: Schema = {"anyOf": [option for option, _ in group]}
                return self._union(schema, replace(place, pointer=f"{place.pointer}/objects"))
            out = place.direction == "out"
            return Expression("dict[str, Any]" if out else "Mapping[str, Any]")
        values = [enum_values(self.shapes.resolve(option, "")[0]) for option, _ in group]
        if all(values):
            return self._enum(tuple(dict.fromkeys(v for one in values for v in one or ())), place)
        made = [self._core(option, self._option_place(at, place)) for option, at in group]
        sources = dict.fromkeys(one.source for one in made)
        if kind != "string" or len(sources) == 1:
            uses = frozenset[str]().union(*(one.uses for one in made))
            return Expression(" | ".join(sources), uses)
        if place.direction == "out" or "str" in sources:
            return Expression("str")  # an open enum and a moment are texts already
        uses = frozenset[str]().union(*(one.uses for one in made))
        return Expression(" | ".join(sources), uses)

    def _lists(self, group: list[tuple[Schema, str]], place: Place) -> Expression:
        """A list that holds what any of several lists may hold."""
        lists = [self.shapes.resolve(option, at)[0] for option, at in group]
        items: list[Schema] = []
        for one in lists:
            items += [one.get("items", {})] if one.get("items", {}) not in items else []
        both: Schema = {"type": "array", "items": {"anyOf": items} if len(items) > 1 else items[0]}
        if all("maxItems" in one for one in lists):
            both["maxItems"] = max(one["maxItems"] for one in lists)
        return self._list(both, replace(place, pointer=f"{place.pointer}/lists"))

    @staticmethod
    def _option_place(at: str, place: Place) -> Place:
        return Place(at, place.direction, place.name)

    # Pages and rows

    def page(self, name: str, item: Expression, more: dict[str, Property]) -> Expression:
        """A page that holds more than items and the way to the next one."""
        name = self.names.free(name)
        fields = tuple(self.outputs(name, dict(sorted(more.items())), ()))
        self.definitions[name] = replace(self._struct(name, fields), item=item)
        return Expression(name, frozenset({name}))

    def row(self, name: str, schema: Schema, pointer: str, base: str) -> Expression:
        """A row of an analytics answer: the fields that are always possible; `base` has columns."""
        fields = tuple(
            Field(wire, wire, Expression("str"), required=True)
            for wire in self.shapes.properties(schema, pointer)
        )
        name = self.names.free(name)
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
        name = self.names.free(name)
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


def _column_type(column: str) -> str:
    """Type of a column that a caller may ask for; Pinterest leaves out what is empty."""
    return _COLUMN_TYPES.get(kind(column), "float | None")
