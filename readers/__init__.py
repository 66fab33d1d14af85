"""Everything that can hear a tag: one driver a protocol, each raising, none retrying."""
