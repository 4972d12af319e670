"""Which step of a call a function belongs to: told from its file and name."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Final

ELSEWHERE: Final = "elsewhere"
_RULES: Final = tuple(
    (re.compile(place), step)
    for place, step in (
        # The system and the event loop, the same for all clients.
        (r"selectors\.py:", "event loop: waiting for sockets"),
        (r"asyncio/selector_events\.py:.*\b(write|writelines|_write_send)$", "sending: the system"),
        (r"asyncio/selector_events\.py:.*_read_ready", "reading: the system"),
        (r"(asyncio/|uvloop|ssl\.py:|contextlib\.py:|weakref\.py:)", "event loop: turns and tasks"),
        # aiohttp, used by both.
        (r"aiohttp/connector\.py:", "connection taken and given back"),
        (r"aiohttp/client_proto\.py:.*(set_response_params|_timeout)", "sending: the request"),
        (r"aiohttp/(client_proto|streams|base_protocol|http_parser)\.py:", "reading: the answer"),
        (r"aiohttp/(http_writer|abc)\.py:", "sending: the request"),
        # aiohttp, used by hand alone.
        (r"aiohttp/client_reqrep\.py:.*ClientResponse", "reading: the answer"),
        (r"aiohttp/client_reqrep\.py:.*(send|write_bytes)", "sending: the request"),
        (r"aiohttp/client_reqrep\.py:", "building the request"),
        (r"(yarl|multidict|aiohttp/(payload|hdrs|formdata|multipart))", "building the request"),
        (r"aiohttp/helpers\.py:.*(Time|ceil)", "deadlines"),
        (r"aiohttp/(client|cookiejar|tracing|helpers|client_middlewares)", "aiohttp's session"),
        (r"_call_bare\.py:|resources/.*__post_init__", "decoding"),
        # This library.
        (r"_core/(checks|values|scalars|scope|problems|annotations)\.py:", "checks"),
        (r"dispatcher\.py:.*checked", "checks"),
        (r"_core/build\.py:|_request/prepared\.py:", "building the request"),
        (r"limits/.*(observe|learn|count_others|serve_sharers|seen)", "observing headers"),
        (r"limits/|dispatcher\.py:.*_permit", "permit of two buckets"),
        (r"_core/ratelimit_headers\.py:", "observing headers"),
        (r"_request/deadlines\.py:|_request/loop_sessions\.py:|pool\.py:.*\.call$", "deadlines"),
        (
            r"_request/connections\.py:.*(_HeadParser|_received|_updated|_whole|_count|_parse|feed_)",
            "reading: the answer",
        ),
        (r"_request/connections\.py:.*\.answer", "reading: the answer"),
        (r"_request/connections\.py:.*\.send", "sending: the request"),
        (r"_request/connections\.py:", "connection taken and given back"),
        (r"_request/reading\.py:", "reading: the answer"),
        (r"_core/codec\.py:", "decoding"),
        (r"_request/(answers|decoding)\.py:|response\.py:", "the answer as a `Response`"),
        (r"_core/retry_rules\.py:", "what the answer means"),
        (r"auth/|dispatcher\.py:.*(_credential|_check_scopes)", "access token and scopes"),
        (r"_request/(fast_lane|transport)\.py:|pool\.py:", "one request of the pool"),
        (r"dispatcher\.py:|_request/call_state\.py:", "one call: its attempts and state"),
        (r"(namespace|client|pages)\.py:|resources/", "method of the namespace"),
        # The program that measures.
        (r"_call_ours\.py:|_client_process\.py:", "the program that calls"),
    )
)


def step_of(stack: tuple[str, ...]) -> str:
    """The step of the innermost function that belongs to one."""
    for place in stack:
        for pattern, step in _RULES:
            if pattern.search(place):
                return step
    return ELSEWHERE


def shares(samples: Mapping[tuple[str, ...], int]) -> Counter[str]:
    """How often each step was found."""
    found: Counter[str] = Counter()
    for stack, count in samples.items():
        found[step_of(stack)] += count
    return found
