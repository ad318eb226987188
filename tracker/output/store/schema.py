"""The tables of `tracking.sqlite`, schema 1.

Frames count from 0, boxes are (x1, y1, x2, y2) in pixels, times are seconds on the clock that all cameras share.
Embeddings are float32 vectors, little-endian. `boxes.score` 0 marks a box that was filled in and not detected.
`ground_positions.cameras` is a JSON list of names.
"""

from __future__ import annotations

SCHEMA_VERSION = 1

TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE cameras (
    camera_id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, source TEXT NOT NULL,
    fps REAL NOT NULL, frames INTEGER NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL);
CREATE TABLE identities (identity_id INTEGER PRIMARY KEY);
CREATE TABLE tracklets (
    tracklet_id INTEGER PRIMARY KEY, camera_id INTEGER NOT NULL REFERENCES cameras, track_id INTEGER NOT NULL,
    identity_id INTEGER REFERENCES identities, confidence REAL,
    first_frame INTEGER NOT NULL, last_frame INTEGER NOT NULL, start_s REAL NOT NULL, end_s REAL NOT NULL,
    embedding BLOB, UNIQUE (camera_id, track_id));
CREATE INDEX tracklets_by_identity ON tracklets (identity_id);
CREATE INDEX tracklets_by_time ON tracklets (camera_id, start_s);
CREATE TABLE boxes (
    tracklet_id INTEGER NOT NULL REFERENCES tracklets, frame INTEGER NOT NULL, time_s REAL NOT NULL,
    x1 REAL NOT NULL, y1 REAL NOT NULL, x2 REAL NOT NULL, y2 REAL NOT NULL, score REAL NOT NULL,
    PRIMARY KEY (tracklet_id, frame)) WITHOUT ROWID;
CREATE TABLE samples (
    tracklet_id INTEGER NOT NULL REFERENCES tracklets, number INTEGER NOT NULL, frame INTEGER NOT NULL,
    quality REAL NOT NULL, top REAL, bottom REAL, embedding BLOB NOT NULL,
    PRIMARY KEY (tracklet_id, number)) WITHOUT ROWID;
CREATE TABLE crops (
    crop_id INTEGER PRIMARY KEY, tracklet_id INTEGER NOT NULL REFERENCES tracklets, frame INTEGER NOT NULL,
    time_s REAL NOT NULL, x1 REAL NOT NULL, y1 REAL NOT NULL, x2 REAL NOT NULL, y2 REAL NOT NULL,
    quality REAL NOT NULL, jpeg BLOB NOT NULL);
CREATE INDEX crops_by_tracklet ON crops (tracklet_id);
CREATE TABLE ground_positions (
    identity_id INTEGER NOT NULL REFERENCES identities, time_s REAL NOT NULL,
    x_m REAL NOT NULL, y_m REAL NOT NULL, cameras TEXT NOT NULL,
    PRIMARY KEY (identity_id, time_s)) WITHOUT ROWID;
"""
