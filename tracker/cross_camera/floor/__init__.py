"""Where cameras and people are: camera files, clocks, calibration, paths on the floor."""
