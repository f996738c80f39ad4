"""What a wheel is: read it, verify it member by member, name its two hashes. Opens nothing itself."""
