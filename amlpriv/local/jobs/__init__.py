"""Jobs of the local workspace: what runs them, inside the supervisor."""
