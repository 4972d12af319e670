"""pinterestsdk: each GET of its API classes, whose answer its pydantic models must take.

It is made from a later version of the API than the emulator may know: paths that the emulator's
description lacks are left out.
"""

import inspect
import re
from collections.abc import Iterator

import pinterestsdk
from reporting import call, given, run
from values import MORE, OTHER, values

GIVEN = given()
KNOWN = values(GIVEN["known"])
THEIRS = {"reports_stats": "sends an object of the query as JSON, and not by its parts"}
VALUES = {"input_value='NO'": "has a false for the code of Norway"}


def reads(api: type) -> Iterator[str]:
    """Its methods that send a GET that the emulator's description has."""
    for name, _ in inspect.getmembers(api, inspect.isfunction):
        serialize = getattr(api, f"_{name}_serialize", None)
        if name.startswith("_") or serialize is None:
            continue
        sent = re.search(r"method='GET',\s*resource_path='([^']+)'", inspect.getsource(serialize))
        if sent and sent[1] in GIVEN["paths"]:
            yield name


def every_get() -> None:
    configuration = pinterestsdk.Configuration(host=GIVEN["url"], access_token=GIVEN["token"])
    with pinterestsdk.ApiClient(configuration) as client:
        for api_name in (one for one in pinterestsdk.__all__ if one.endswith("Api")):
            api = getattr(pinterestsdk, api_name)
            for name in reads(api):
                method = getattr(api(client), name)
                parameters = inspect.signature(method).parameters.values()
                required = [one.name for one in parameters if one.default is one.empty]
                required += MORE.get(name, ())
                with call(name, theirs=THEIRS.get(name, ""), values=VALUES, fatal=False):
                    other = OTHER.get(name, {})
                    method(**{one: KNOWN[other.get(one, one)] for one in required})


run(every_get)
