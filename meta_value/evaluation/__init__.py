"""What is measured of learners: where they end, what they get, how far a meta-value errs."""
