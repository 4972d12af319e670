"""What is wanted and how it is cut: plans, levels, columns, partitions, and what they cost."""
