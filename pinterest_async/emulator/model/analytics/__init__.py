"""Analytics figures: which columns there are, what each ad delivered, and rows of them as JSON."""
