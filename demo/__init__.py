"""The main job: a real trading history travels through the running system."""
