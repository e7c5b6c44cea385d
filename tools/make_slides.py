"""Write the notebooks as slides, a deck a chapter, into the folder `book/slides`.

    python tools/make_slides.py [--jobs N] [--check] [07 …]

The decks need no network. What has not changed since the last time is not run again.
"""
