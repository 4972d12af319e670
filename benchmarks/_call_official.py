"""A call by Pinterest's own SDK, which blocks: calls go one after another."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from _case import NEW_PIN, PIN_ID
from openapi_generated.pinterest_client import ApiClient, Configuration
from openapi_generated.pinterest_client.api.pins_api import PinsApi
from openapi_generated.pinterest_client.model.pin_create import PinCreate


@contextlib.asynccontextmanager
async def caller(options: dict[str, Any]) -> AsyncIterator[Any]:
    """What makes one call."""
    configuration = Configuration(host=options["url"], access_token="pina_bench")  # noqa: S106
    pins = PinsApi(ApiClient(configuration))

    async def get_page() -> Any:
        return pins.pins_list(page_size=250)

    async def post() -> Any:
        return pins.pins_create(PinCreate(**NEW_PIN))

    async def get() -> Any:
        return pins.pins_get(PIN_ID)

    yield {"page": get_page, "post": post, "pin": get}[options["kind"]]
