"""Golden logits and the program that made them."""
