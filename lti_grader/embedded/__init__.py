"""The real servers, started from packages where no other ones are named: for trying out and for tests."""
