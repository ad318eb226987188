"""From evidence about pairs to people, with all tracklets in view: a graph of pairs, agglomeration, joins and moves."""
