"""Jobs that take more than one call."""
