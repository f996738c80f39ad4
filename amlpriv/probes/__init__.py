"""Questions to a real workspace that nobody can answer without one (``amlpriv verify``)."""
