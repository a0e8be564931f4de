"""What is measured of a trained model: likelihoods, densities on grids, variances of the loss."""
