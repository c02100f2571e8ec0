"""The import for machines."""
