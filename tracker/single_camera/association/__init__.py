"""Which detection continues which track: pairs, costs, gates and assignment, one stage after another."""
