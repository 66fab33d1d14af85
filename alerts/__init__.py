"""What people must be told: rules and the life of an alert."""
