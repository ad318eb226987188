"""Training of the built-in detector."""
