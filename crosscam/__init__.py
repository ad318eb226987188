"""The face of the tracker and the ReID toolbox."""
