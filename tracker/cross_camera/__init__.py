"""One identity per person over all cameras and after every absence, offline and live.

floor        where cameras and people are: camera files, clocks, calibration, paths in metres
evidence     what speaks for and against two tracklets being one person, as log-odds; who cannot be one
partition    from evidence about pairs to people; `associator` is the stage, and recognizes those who return
live         the same while people are in view
gallery      people known from earlier runs; the search for one person
"""
