"""One kind of rule a module; each judges facts and knows nothing of time passing."""
