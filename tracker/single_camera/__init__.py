"""From detections to tracks in one camera, and from tracks to refined tracklets."""
