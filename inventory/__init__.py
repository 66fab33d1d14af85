"""What the tag is on: assets and the tags bound to them."""
