"""A Pinterest on localhost: for demos and tests, and whatever else should cost no quota."""
