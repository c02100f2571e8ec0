"""Pages and endpoints that cross apps."""
