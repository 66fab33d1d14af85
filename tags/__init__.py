"""What a tag says: reads, positions, measurements and the codes on it."""
