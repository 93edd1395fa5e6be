"""A whole department that was made up: courses, people, problems and a term of work, in an institution of its own."""
