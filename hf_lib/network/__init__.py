"""The network and its derivatives at a θ. Derived in notebooks 01 and 04 to 06."""
