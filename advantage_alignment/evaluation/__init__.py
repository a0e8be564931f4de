"""How trained agents are evaluated: in their own game, against each other, by best responders."""
