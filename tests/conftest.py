"""What all tests may use."""

from collections.abc import AsyncIterator
from typing import Any
from unittest.mock import Mock

import pytest_asyncio
from aiohttp import ClientResponse
from aioresponses import aioresponses
from multidict import CIMultiDict, CIMultiDictProxy


class MockedResponse(ClientResponse):
    """The response of aiohttp 3.14, with the argument that aioresponses does not pass."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("stream_writer", Mock(output_size=0))
        super().__init__(*args, **kwargs)

    @property
    def headers(self) -> CIMultiDictProxy[str]:
        headers: CIMultiDict[str] = self._headers  # type: ignore[assignment]
        return CIMultiDictProxy(headers)


class MockedApi(aioresponses):
    """Answers that aiohttp gets without a socket: `api.get(url, payload={...})` and the like."""

    def add(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("response_class", MockedResponse)
        super().add(*args, **kwargs)


@pytest_asyncio.fixture
async def api() -> AsyncIterator[MockedApi]:
    with MockedApi() as mocked:
        yield mocked
