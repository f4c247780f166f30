"""The main job, chapter by chapter."""
