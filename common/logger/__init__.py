"""How a run is recorded: files, metrics, progress, provenance, result records, claim tables."""
