"""The plumbing: commands, the training loop, seeds on devices, signals, files of players."""
