"""Problems as other systems write them, read with a report of what could not be carried over."""
