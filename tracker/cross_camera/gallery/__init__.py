"""People known from before: the gallery file between runs, and the search for one person."""
