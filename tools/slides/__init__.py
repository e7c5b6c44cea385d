"""Slides from the notebooks, a deck a chapter, with reveal.js; they need no network.

cells.py makes HTML of a cell, deck.py puts cells on slides and writes the files, check.py looks over the decks in
Chromium. Whether a slide is too full only a browser can tell: deck.js scales and divides it when the deck is opened.
"""
