"""Best responses and trainings in which nothing is sampled: values and gradients are exact."""
