"""From evidence about pairs to people: a graph of pairs, agglomeration, joins and moves."""
