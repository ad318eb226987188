"""tracking.sqlite: schema, records, writing and reading."""
