"""Networks as embedders: how they want their input and what they run on."""
