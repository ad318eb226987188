"""Identities while people are in view, and the last minutes decided again."""
