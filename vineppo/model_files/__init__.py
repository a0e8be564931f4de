"""Models on disk and on several devices: Hugging Face folders, meshes, shards, snapshots."""
