"""Payloads that other systems send over MQTT and HTTP, decoded into reads, fixes, measurements."""
