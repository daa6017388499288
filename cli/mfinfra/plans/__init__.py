"""Plans: what would change, how they are printed and saved, and which changes are a risk."""
