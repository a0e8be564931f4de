"""What is measured: Pass@1, values against the truth, learning curves, exact chains."""
