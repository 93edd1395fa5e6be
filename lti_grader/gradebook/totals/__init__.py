"""How the marks of a class become totals."""
