"""Whole classes as files: everything of one taken out, and its teaching part brought into another."""
