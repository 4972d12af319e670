"""How a plan is carried out: partitions fetched and committed, on this machine or a cluster."""
