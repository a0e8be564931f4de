"""The plumbing: command line, training loop, seeds on devices, signals, records."""
