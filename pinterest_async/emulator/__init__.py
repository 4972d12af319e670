"""A Pinterest on localhost: for the demo, for tests, and for anything that should not cost quota."""
