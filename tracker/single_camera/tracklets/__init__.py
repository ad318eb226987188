"""Tracks gathered into tracklets, with a bounded history of their embeddings."""
