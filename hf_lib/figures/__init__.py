"""The course's pictures: one module per chapter, one pure function per picture."""
