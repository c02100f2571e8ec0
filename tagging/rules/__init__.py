"""Rules: versioned JSON over facts, compiled to SQL, evaluated in Python, explained in Chinese."""
