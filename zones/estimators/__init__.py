"""Ways from what the antennas heard to the likeliest zone."""
