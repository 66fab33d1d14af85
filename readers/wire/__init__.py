"""Pure byte parsers: bytes in, values out, no sockets."""
