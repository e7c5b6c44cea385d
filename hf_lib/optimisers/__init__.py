"""The loops: Hessian-free, Newton, Gauss–Newton and the first-order methods. Derived in notebooks 02, 03, 09 and 10."""
