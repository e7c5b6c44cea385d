"""The book: the course's pages, whose pictures move without a kernel.

A picture is a pure function of finite controls. So its frames are drawn beforehand, while the
notebook runs (`recorder`), for as many of the controls' values as `rule` allows; a page then needs
nothing but images, native inputs and `player.js`.
"""
