"""Reports that write themselves."""
