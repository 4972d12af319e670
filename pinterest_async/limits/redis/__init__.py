"""The limiter of many processes, which share the quotas through Redis."""
