"""Package indexes: pages and files are read from them, and distributions are sent to them."""
