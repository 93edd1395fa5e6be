"""What every domain stands on: settings, database, events, errors, ids."""
