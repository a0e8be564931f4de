"""Best responders to a given agent of the Coin Game: tree search, learning, distillation."""
