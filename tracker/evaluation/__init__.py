"""Scores against ground truth, beside the data flow: it reads files that a run wrote, and a run never imports it.

mot_data                                          MOT files as arrays
frame_matching, metrics, identity_errors          matching, HOTA / CLEAR / Identity, merged and split people
tracking                                          all of these per camera, pooled, and over all cameras
saved_sequences                                   truth with stored detections, to track again
detection_truth, detection, detector              average precision and miss rate of detectors
report, plots, confusion_picture                  tables, curves, pictures
"""
