"""What is measured of trained agents: exact values, matches, leagues, best responses, gradients."""
