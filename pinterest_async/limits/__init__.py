"""Rate limits: what a limiter promises, Pinterest's published quotas, and the limiters."""

from pinterest_async.limits.memory import InMemoryLimiter
from pinterest_async.limits.protocol import BucketState, Limiter, LimitRequest, Permit
from pinterest_async.limits.redis import RedisLimiter

__all__ = ["BucketState", "InMemoryLimiter", "LimitRequest", "Limiter", "Permit", "RedisLimiter"]
