"""The array engine that every preset configures: mend detections, predict, associate, begin and end tracks."""
