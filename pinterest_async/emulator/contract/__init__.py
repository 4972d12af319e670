"""The contract: what a request must be and what an answer is, from Pinterest's own description."""
