"""identities.json and run.json."""
