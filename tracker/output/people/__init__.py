"""Pictures of each person: the best crops, and contact sheets made of them."""
