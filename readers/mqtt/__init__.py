"""What comes over an MQTT broker: the link, the driver and its parts."""
