"""RFID readers that speak LLRP over TCP: the driver and its parts."""
