"""One identity per person over all cameras: constraints, evidence, calibrated log-odds, partition; offline and live."""
