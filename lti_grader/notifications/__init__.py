"""What people are told: a row each, on their own page, with a number in the frame of every page."""
