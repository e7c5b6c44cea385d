"""Slides from the notebooks, a deck a chapter, with reveal.js; they need no network.

cells.py makes HTML of a cell, deck.py puts cells on slides and writes the files, check.py looks over the decks in
Chromium. Whether a slide is too full only a browser can tell: when a deck is opened, fit.js
scales its slides, and divide.js divides those that hold too much.
"""
