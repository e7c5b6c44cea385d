"""Sphinx's settings for the book. Everything that a page needs lies beside it: no page asks a network for anything."""
project = "Hessian-free optimisation from nothing"
author = "the hessian-free course authors"
copyright = f"2026, {author}"
language = "en"

# MyST alone reads the pages: they are Markdown by then, and no kernel is needed.
extensions = ["myst_parser", "sphinx.ext.mathjax"]
myst_enable_extensions = ["dollarmath"]
myst_dmath_double_inline = True
myst_dmath_allow_labels = False
myst_heading_anchors = 6
myst_heading_slug_func = "book.anchors.anchor"
smartquotes = False

# MathJax with its glyphs in one file, set as SVG: Firefox loads no fonts by file://.
mathjax_path = "mathjax/tex-svg.js"
mathjax_options = {"type": "text/plain", "id": "mathjax"}  # of no type that runs: book.js loads it after the pictures
mathjax3_config = {"options": {"enableMenu": False}, "startup": {"typeset": False}}

html_theme = "furo"
html_title = project
html_short_title = project
html_static_path = ["_static"]
html_css_files = ["player.css", "book.css"]
html_js_files = [(name, {"defer": "defer"}) for name in ("player.js", "punctuation.js", "book.js")]
html_copy_source = False
html_use_index = False
html_show_sourcelink = False
html_show_search_summary = False  # it would fetch pages, which file:// forbids
html_theme_options = {"navigation_with_keys": False}
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
