"""The limiter of many processes, which share the quotas through Redis."""

from pinterest_async.limits.redis.limiter import RedisLimiter

__all__ = ["RedisLimiter"]
