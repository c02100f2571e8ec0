"""Events for machines."""
