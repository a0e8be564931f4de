"""The plumbing of the paper's own: its commands, its training loop, seeds on devices, benchmark."""
