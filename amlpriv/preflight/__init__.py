"""What can be known to be wrong before anything is asked of the network."""
