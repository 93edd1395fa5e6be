"""Groups of the students of a class: sets of them, who is in which, and who hands in together."""
