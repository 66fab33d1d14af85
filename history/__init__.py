"""What happened, kept so that it can be asked for."""
