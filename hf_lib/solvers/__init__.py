"""What is done with v ↦ A v: solve, precondition, damp, search along a line. Derived in notebooks 03, 07, 08 and 12."""
