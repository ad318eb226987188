"""Annotated videos: boxes, colours, text."""
