"""From detections to tracks in one camera, and from tracks to refined tracklets.

engine         the tracker: prepare a frame, associate it; births; the filter over the table of tracks
association    stages of matching: pairs, cost terms, gates, assignment
appearance     which crops are embedded, how embeddings are averaged, who was lost and may come back
tracklets      tracks gathered into tracklets with a history of embeddings
refinement     finished tracklets cut, joined, filled and smoothed
"""
