"""The tests. A package, because a wheel of a peer brings one of this name too."""
