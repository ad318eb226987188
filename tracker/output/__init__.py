"""Everything that a run writes.

results_folder    the locked output folder, and what in it is ours
documents         identities.json and run.json
people            the best crops of each person, contact sheets, the picture of a search
render            annotated videos: boxes, colours, text; the floor from above
store             tracking.sqlite
"""
