"""What models learn: distributions known exactly, and the paper's data sets."""
