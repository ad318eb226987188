"""Scores against ground truth, beside the data flow: it reads files that a run wrote, and a run never imports it.

mot_data                                          ground truth and results by folder
frame_matching, metrics, identity_errors          matching, HOTA / CLEAR / Identity, merged and split people
tracking                                          all of these per camera, pooled, and over all cameras
replay, saved_sequences, tuning                   saved detections tracked again, and better options searched on them
named_tracklets                                   which person a tracklet follows
detection_truth, detection, detector              average precision and miss rate of detectors
report, plots, confusion_picture                  tables, curves, pictures
"""
