"""Rate limits: a limiter makes each request wait until sending it would not exceed any quota.

**Buckets.** Pinterest counts requests by user and category: at most 1000 reads of ads in a minute,
for example, and at most 100 requests of any kind in a second (the safety net). Each such quota is a
*bucket* with as many tokens as requests are allowed. A request takes a token of every bucket that
counts it, all at once or none. The tokens come back one window after the request ends. We do not
know when Pinterest's windows begin; with this rule the quota holds in any case.

**Queues.** Requests that need the same buckets wait in one *queue*: interactive requests first,
then background ones; within each, in order of arrival. The queues of a user share the safety net.
A request that would have to wait longer than its `max_wait` fails at once with
`RateLimitWaitError`.

**Permits.** A *permit* is the permission to send one request, and holds its tokens::

    permit = await limiter.acquire(request)  # waits until every bucket has a token
    limiter.finish(permit)                   # sent, answered or not: tokens return in one window
    limiter.release(permit)                  # or: never sent, tokens return at once
    limiter.observe(permit, state)           # the answer has headers: learn from them
    limiter.freeze(permit, seconds)          # the answer is a 429

Each permit ends in exactly one `finish` or `release`; `observe` and `freeze` follow a `finish`.

**Headers.** Buckets start from the published quotas; the headers of answers give the true limits
and windows. They also say how many requests are left in the bucket nearest to exhaustion. If fewer
are left than this program's own requests explain, other programs use the quota too, and their
requests are counted.

**429.** The bucket *freezes* for everyone who needs it. The caller needs no pause of its own: its
next `acquire` waits anyway. After the freeze, requests go one by one for one window.

**Redis.** `InMemoryLimiter` does all of this for one process. `RedisLimiter` counts the tokens of
many processes in Redis, in one script. For each user, one task asks Redis for many permits in one
call, and reports which requests have ended. Order holds within a process; between processes, the
first to ask is served first. While Redis does not answer, each process uses its share of the quota
(`fail="local"`), or calls fail (`fail="closed"`).

The interface is in `protocol`, the quotas in `published`; `_core/ratelimit_headers.py` finds the
bucket that an answer describes; `_core/bucket.py` has the arithmetic of a bucket and the reason why
it is safe.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pinterest_async.limits.memory import InMemoryLimiter
from pinterest_async.limits.protocol import BucketState, Limiter, LimitRequest, Permit

if TYPE_CHECKING:
    from pinterest_async.limits.redis.limiter import RedisLimiter

__all__ = ["BucketState", "InMemoryLimiter", "LimitRequest", "Limiter", "Permit", "RedisLimiter"]


def __getattr__(name: str) -> Any:
    # Imported when it is first used: most programs have one process and no Redis.
    if name != "RedisLimiter":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = import_module("pinterest_async.limits.redis.limiter").RedisLimiter
    return value
