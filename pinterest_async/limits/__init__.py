"""Rate limits: a limiter lets each request wait until no quota is exceeded by sending it.

**Buckets.** Pinterest counts requests by user and category: at most 1000 reads of ads in a minute,
for example, and at most 100 requests of any kind in a second (the safety net). Each such quota is a
*bucket* with as many tokens as requests are allowed. A request takes a token of every bucket that
counts it, all at once or none. Its tokens come back one window after its end: nobody knows when
Pinterest's own windows begin, and this keeps within the quota wherever they do.

**Queues.** Requests that need the same buckets wait in one *queue*, interactive ones before
background ones, else in order of arrival. The queues of a user share the safety net. A request that
would have to wait longer than its `max_wait` fails at once with `RateLimitWaitError`.

**Permits.** A *permit* is the permission to send one request, and holds its tokens::

    permit = await limiter.acquire(request)  # waits until every bucket has a token
    limiter.finish(permit)                   # sent, answered or not: tokens return in one window
    limiter.release(permit)                  # or: never sent, tokens return at once
    limiter.observe(permit, state)           # the answer has headers: learn from them
    limiter.freeze(permit, seconds)          # the answer is a 429

Each permit ends in exactly one `finish` or `release`; `observe` and `freeze` follow a `finish`.

**Headers.** Buckets start from the published quotas; the headers of answers give the true limits
and windows. They also say how much of the bucket nearest to exhaustion is left: if that is less
than this program can have used, others use the quota too, and their requests are counted.

**429.** The bucket *freezes* for everyone who needs it. The caller does not pause as well, since
its next `acquire` waits with the others. After the freeze, requests go one by one for one window.

**Redis.** `InMemoryLimiter` does all of this for one process. `RedisLimiter` counts the tokens of
many processes in Redis, in one script. One task for each user asks for many requests in one call,
and reports what has ended. Order holds within a process; between processes, the first to ask is
served first. While Redis does not answer, each process uses its share, or calls fail.

The interface is in `protocol`, the quotas in `published`; `headers` finds the bucket that an answer
describes; `_core/bucket.py` has the arithmetic of a bucket and the reason why it is safe.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pinterest_async.limits.memory import InMemoryLimiter
from pinterest_async.limits.protocol import BucketState, Limiter, LimitRequest, Permit

if TYPE_CHECKING:
    from pinterest_async.limits.redis import RedisLimiter

__all__ = ["BucketState", "InMemoryLimiter", "LimitRequest", "Limiter", "Permit", "RedisLimiter"]


def __getattr__(name: str) -> Any:
    # Imported when it is first used: most programs have one process and no Redis.
    if name != "RedisLimiter":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = import_module("pinterest_async.limits.redis").RedisLimiter
    return value
