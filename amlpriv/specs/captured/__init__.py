"""A running interpreter as an environment file: what is kept, where it comes from, and the text. Pure."""
