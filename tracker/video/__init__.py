"""Reading and writing videos: `reader` (files, folders, streams), `clock` (several cameras), `writer` (H.264)."""
