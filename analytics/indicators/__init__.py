"""Indicators (指标): what each counts, of what, and the list that shows exactly these rows."""
