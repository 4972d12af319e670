"""pinterest-api-sdk: each GET of the generated client below it, whose answer it must take."""

import importlib
import inspect
import pkgutil
from datetime import date
from typing import Any

from openapi_generated.pinterest_client import ApiClient, Configuration, api
from reporting import call, given, run
from values import MORE, values

GIVEN = given()
KNOWN = values(GIVEN["known"])
THEIRS = {
    "catalogs_api": "imports a module that its package lacks",
    "interest_targeting_options_get": "checks ids by a pattern that no id fits",
}


def fitting(value: Any, accepted: tuple[Any, ...]) -> Any:
    """A value as the client's own type, where it wants one."""
    if isinstance(accepted[0], list):
        return [fitting(one, tuple(accepted[0])) for one in value]
    if accepted == (date,):
        return date.fromisoformat(value)
    return value if isinstance(value, accepted) else accepted[0](value)


def every_get() -> None:
    client = ApiClient(Configuration(host=GIVEN["url"], access_token=GIVEN["token"]))
    for found in pkgutil.iter_modules(api.__path__):
        with call(found.name, theirs=THEIRS.get(found.name, ""), fatal=False):
            module = importlib.import_module(f"{api.__name__}.{found.name}")
            (served,) = (
                one
                for name, one in inspect.getmembers(module, inspect.isclass)
                if name.endswith("Api")
            )
            group = served(client)
        for name, endpoint in list(vars(group).items()):
            if name.endswith("_endpoint") and endpoint.settings["http_method"] == "GET":
                name = name.removesuffix("_endpoint")
                with call(name, theirs=THEIRS.get(name, ""), fatal=False):
                    required = {
                        one: fitting(KNOWN[one], endpoint.openapi_types[one])
                        for one in (*endpoint.params_map["required"], *MORE.get(name, ()))
                    }
                    getattr(group, name)(**required)


run(every_get)
