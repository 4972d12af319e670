"""The API reference has every name, `help()` tells of methods, and mocks keep to signatures."""

import pydoc
import re
import subprocess
import sys
import typing
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin
from unittest.mock import create_autospec

import msgspec
import pytest

import pinterest_async
import pinterest_async.types
from pinterest_async import Pinterest, PinterestError, operations
from pinterest_async._core.annotations import strip
from pinterest_async.namespace import is_namespace

PROGRAM: Final = Path(__file__).parents[1] / "spec" / "reference.py"
RESOURCES: Final = "pinterest_async.resources"
NAMESPACES: Final = {
    name: one.load()
    for base in Pinterest.__mro__
    for name, one in vars(base).items()
    if is_namespace(one)
}


def generated(namespace: str) -> type:
    """The generated class of a namespace, which a hand-written one may stand in for."""
    every = NAMESPACES[namespace].__mro__
    return next(one for one in every if one.__module__.startswith(f"{RESOURCES}."))


class Docs:
    """The pages by their modules, and the anchors of each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pages = {
            ".".join(path.relative_to(folder).with_suffix("").parts): without_scripts(path)
            for path in folder.rglob("*.html")
        }
        self.ids = {
            name: set(re.findall(r'\bid="([^"]+)"', text)) for name, text in self.pages.items()
        }

    def lacks(self, module: str, names: Iterable[str]) -> list[str]:
        """What of these names has no anchor on the page of a module."""
        has = self.ids.get(module, set[str]())
        return sorted(f"{module}: {name}" for name in names if name not in has)

    def part(self, module: str, name: str) -> str:
        """What the page of a module says of a function or a field."""
        _, found, rest = self.pages[module].partition(f'<div id="{name}"')
        assert found, f"{module}: {name}"
        return re.split(r'<(?:div id|section id|div class="inherited)', rest)[0]


def without_scripts(path: Path) -> str:
    return re.sub(r"<script>.*?</script>", "", path.read_text("utf-8"), flags=re.DOTALL)


@pytest.fixture(scope="module")
def docs(tmp_path_factory: pytest.TempPathFactory) -> Docs:
    """The reference, built once, in another process: pdoc runs what is for type checkers only."""
    folder = tmp_path_factory.mktemp("docs")
    built = subprocess.run(
        [sys.executable, PROGRAM, folder], capture_output=True, text=True, check=False
    )
    assert (built.returncode, built.stdout, built.stderr) == (0, "", "")
    return Docs(folder)


def reachable(annotations: Iterable[Any]) -> dict[type, set[str]]:
    """The structs and typed dicts that annotations hold, however deep, each with its fields."""
    found: dict[type, set[str]] = {}
    left = list(annotations)
    while left:
        one = strip(left.pop()).core
        origin: Any = get_origin(one) or one
        if origin is Literal:
            continue
        left += get_args(one)
        if not isinstance(origin, type) or origin in found:
            continue
        hints = fields(origin)
        if hints:
            found[origin] = set(hints)
            left += hints.values()
    return found


def fields(kind: type) -> Mapping[str, Any]:
    """The fields of a struct or a typed dict with their types; of any other class none."""
    if typing.is_typeddict(kind):
        return typing.get_type_hints(kind, include_extras=True)
    if issubclass(kind, msgspec.Struct):
        return {one.name: one.type for one in msgspec.structs.fields(kind)}
    return {}


def errors(root: type[BaseException]) -> Iterator[type[BaseException]]:
    """A class of errors of the package, and all below it."""
    yield root
    for below in root.__subclasses__():
        inside = below.__module__.startswith("pinterest_async.cli")  # no API: nobody catches it
        ours = below.__module__.startswith("pinterest_async") and not inside
        if ours and not below.__name__.startswith("_"):
            yield from errors(below)


def test_every_public_name_is_found_from_the_first_page(docs: Docs) -> None:
    first = docs.pages["pinterest_async"]
    found = set(re.findall(r'href="[\w/.]*#(\w+)"', first))
    assert set(pinterest_async.__all__) - found == set()


def test_every_link_leads_somewhere(docs: Docs) -> None:
    broken: list[str] = []
    for name, text in docs.pages.items():
        here = docs.folder / f"{name.replace('.', '/')}.html"
        links: set[str] = set(re.findall(r'href="([^"]*)"', text))
        for link in links:
            address, _, anchor = link.partition("#")
            if address.startswith(("http:", "https:")):
                continue
            path = (here.parent / address).resolve() if address else here
            page = ".".join(path.relative_to(docs.folder).with_suffix("").parts)
            if page not in docs.pages or (anchor and anchor not in docs.ids[page]):
                broken.append(f"{name}: {link}")
    assert broken == []


def test_every_namespace_is_there(docs: Docs) -> None:
    assert docs.lacks("pinterest_async.client", (f"Pinterest.{name}" for name in NAMESPACES)) == []
    for name, kind in NAMESPACES.items():
        link = f'href="pinterest_async/resources/{name}.html"'
        assert f"<a {link}><code>pinterest.{name}</code></a>" in docs.pages["pinterest_async"]
        folder = kind.__module__.split(".")[1]  # jobs, where some of its methods are
        text = docs.part("pinterest_async.client", f"Pinterest.{name}")
        assert f'<a href="{folder}/{name}.html#{kind.__name__}">' in text
        assert docs.lacks(kind.__module__, [kind.__name__]) == []
        assert docs.lacks(f"{RESOURCES}.{name}", [generated(name).__name__]) == []


def test_every_method_is_there_with_its_call_and_its_body(docs: Docs) -> None:
    documented = 0
    for operation in operations():
        module = f"{RESOURCES}.{operation.namespace}"
        name = f"{generated(operation.namespace).__name__}.{operation.name}"
        text = docs.part(module, name)
        documented += f"<code>{operation.method} {operation.path}</code>" in text
        for parameter in (*operation.path_parameters, *operation.query):
            assert f">{parameter.name}<" in text, f"{name}: {parameter.name}"
        if operation.body and operation.body.kind in ("object", "form"):
            body: type = strip(operation.body.type).core
            page = body.__module__.rpartition(".")[2]
            address = "" if page == operation.namespace else f"{page}.html"
            assert f'<a href="{address}#{body.__name__}">{body.__name__}</a>' in text, name
    assert documented == len(list(operations()))


def test_every_field_of_answers_and_bodies_is_there(docs: Docs) -> None:
    answers = reachable(one.answer for one in operations())
    bodies = reachable(one.body.type for one in operations() if one.body)
    assert len(answers) > 200
    assert len(bodies) > 150
    lacking: list[str] = []
    for kind, names in (answers | bodies).items():
        own = (f"{kind.__qualname__}.{name}" for name in names)
        lacking += docs.lacks(kind.__module__, (kind.__qualname__, *own))
    assert lacking == []


def test_every_type_is_found_by_its_name(docs: Docs) -> None:
    text = docs.pages["pinterest_async.types"]
    found = set(re.findall(r'href="resources/\w+\.html#(\w+)"><code>\1</code>', text))
    assert found == set(dir(pinterest_async.types))


def test_columns_that_only_type_checkers_see_are_there(docs: Docs) -> None:
    module = f"{RESOURCES}.ad_groups"
    assert docs.lacks(module, ["AdGroupsAnalyticsRow.AD_GROUP_ID"]) == []
    assert docs.lacks(f"{RESOURCES}._shared_ads", ["AnalyticsRow.SPEND_IN_DOLLAR"]) == []


def test_every_error_is_there(docs: Docs) -> None:
    pinterest_async.preload()
    found = [*errors(PinterestError), pinterest_async.DriftWarning]
    everywhere = set[str]().union(*docs.ids.values())
    assert {one.__name__ for one in found} - everywhere == set()
    mine = [one.__name__ for one in found if one.__module__ == "pinterest_async.errors"]
    assert len(mine) > 30
    assert docs.lacks("pinterest_async.errors", mine) == []


def test_what_packages_export_is_there(docs: Docs) -> None:
    for name in ("auth", "emulator", "emulator.faults", "harvest", "limits"):
        module = import_module(f"pinterest_async.{name}")
        assert docs.lacks(module.__name__, module.__all__) == []


def test_fields_have_their_types_and_their_words(docs: Docs) -> None:
    text = docs.part(f"{RESOURCES}.boards", "BoardWithUpdatePrivacy.created_at")
    assert "datetime.datetime | None" in text
    assert "<p>UTC.</p>" in text
    assert "Required[str]" in docs.part(f"{RESOURCES}._boards_bodies", "BoardCreate.name")


def test_vocabularies_show_by_name(docs: Docs) -> None:
    text = docs.part(f"{RESOURCES}.ad_groups", "AdGroups.targeting_analytics")
    assert 'Sequence</span><span class="p">[</span>' in text
    assert re.search(r'<a href="_vocabularies_ads.html#(\w+Column)">\1</a>', text)
    assert "PAID_IMPRESSION" not in text
    assert "PAID_IMPRESSION" in docs.pages[f"{RESOURCES}._vocabularies_ads"]


def test_nothing_shows_as_python_makes_it_up(docs: Docs) -> None:
    for name, text in docs.pages.items():
        assert not re.search(r" at 0x[0-9a-f]{6}|&lt;(a href|function|built-in|class )", text), name


def helped(thing: object) -> str:
    """What `help(thing)` prints."""
    return pydoc.plain(pydoc.render_doc(thing))


def test_help_of_a_namespace_tells_of_its_methods() -> None:
    text = helped(Pinterest.boards)
    assert "Boards: collections of Pins" in text
    for operation in Pinterest.boards.operations():
        assert re.search(rf" \|  (async )?{operation.name}\(", text), operation.name
    assert "Make a board." in text
    assert "page_size: 1 to 250. Default 25." in text


def test_help_of_a_method_names_the_fields_of_its_body() -> None:
    pinterest = Pinterest("pina_x")
    text = helped(pinterest.pins.create)
    assert "Publish a Pin." in text
    for field in ("title", "board_id", "media_source"):
        assert f"`{field}`" in text


def mocked(whole: bool) -> Any:
    """A client that a test made up: of the class, or of an instance."""
    return create_autospec(Pinterest, instance=True) if whole else create_autospec(Pinterest)("x")


@pytest.mark.parametrize("whole", [True, False], ids=["instance", "class"])
async def test_a_mock_answers_as_it_was_told(whole: bool) -> None:
    mock = mocked(whole)
    mock.boards.get.return_value = "a board"
    mock.boards.list.return_value = "a pager"
    assert await mock.boards.get("1") == "a board"
    assert mock.boards.list(page_size=25) == "a pager"
    mock.boards.get.assert_awaited_once_with("1")
    mock.boards.list.assert_called_once_with(page_size=25)


@pytest.mark.parametrize("whole", [True, False], ids=["instance", "class"])
@pytest.mark.parametrize(("name", "given"), [("get", ("1",)), ("list", ())])
def test_a_mock_keeps_to_signatures(whole: bool, name: str, given: tuple[str, ...]) -> None:
    method = getattr(mocked(whole).boards, name)
    with pytest.raises(TypeError, match="unexpected keyword argument 'wrong'"):
        method(*given, wrong=1)
    with pytest.raises(TypeError, match="too many positional arguments"):
        method(*given, "more")
    with pytest.raises(AttributeError):
        _ = method.nothing


@pytest.mark.parametrize("whole", [True, False], ids=["instance", "class"])
def test_a_mock_has_what_a_client_has(whole: bool) -> None:
    mock = mocked(whole)
    for operation in operations():
        assert callable(getattr(getattr(mock, operation.namespace), operation.name))
    for owner in (mock, mock.boards):
        with pytest.raises(AttributeError):
            _ = owner.nothing


def test_a_mock_of_the_class_is_made_like_a_client() -> None:
    mock: Any = create_autospec(Pinterest)
    with pytest.raises(TypeError, match="missing a required argument: 'auth'"):
        mock()
