"""Training ReID: options, data, batches, objective, schedule, trainer, validation, search."""
