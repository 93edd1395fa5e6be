"""For trying out: a small LMS, and a course to find in it."""
