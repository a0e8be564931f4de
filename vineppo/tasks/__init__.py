"""Tasks of a language model: chains of permutations built in, GSM8K and MATH with their graders."""
