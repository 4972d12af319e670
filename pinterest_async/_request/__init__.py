"""One call on its way: its attempts, what its answers become, and how requests are carried."""
