"""What is measured of a trained agent, alone and among other agents."""
