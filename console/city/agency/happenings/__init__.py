"""Files about what happened in the made city: accidents with their parties, violations, incidents, checkpoint readings."""
