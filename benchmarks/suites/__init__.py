"""One module per suite; each has ``cases(peer)``, `peer` being the other library or None."""
