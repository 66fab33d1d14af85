"""What integrators ask over HTTP."""
