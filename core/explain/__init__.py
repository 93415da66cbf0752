"""Looking into a network: its layers in numbers, where it looks, what fools it. Pure functions; nothing is drawn."""
