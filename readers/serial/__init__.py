"""UHF modules on serial lines: the link, the dialogues and the driver."""
