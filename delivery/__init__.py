"""How an alert reaches people: the outbox and its channels."""
