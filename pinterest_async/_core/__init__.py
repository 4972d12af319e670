"""The pure half: no I/O, no clock, no randomness of its own; everything is passed in."""
