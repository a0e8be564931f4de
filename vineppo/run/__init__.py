"""The plumbing: command line, training loop, seeds on threads, signals, benchmark."""
