"""Person re-identification: models, training, evaluation, export and embedding of crops and tracklets."""
