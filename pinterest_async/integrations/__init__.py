"""Where other frameworks and pinterest_async meet; each module imports its own framework only."""
