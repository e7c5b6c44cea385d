"""A fresh copy of one chapter; the old one is set aside."""

from hf_lib.judge import files

from .copies import write
from .course_text import chapters
from .places import places


def main(arguments):
    """make a fresh copy of a chapter, as in `reset 07`; the old one goes to my_course/kept

    Returns 1 where that did not work, 2 where no chapter was named.
    """
    where = places()
    known = chapters(where.notebooks)
    chosen = [c for c in known if len(arguments) == 1 and arguments[0] and c.name.startswith(arguments[0].zfill(2))]
    if len(chosen) != 1:
        print("Name one chapter by its number, as in: reset 07. There are "
              + ", ".join(chapter.name.partition("_")[0] for chapter in known) + ".")
        return 2
    try:
        print(reset(chosen[0], where))
    except OSError as error:
        print(f"{chosen[0].name} was left as it is: {error}.")
        return 1
    return 0


def reset(chapter, where):
    """Replace the reader's copy by the course's text; return a sentence on where the old one is."""
    mine = where.mine / chapter.name
    if chapter.course is None:
        return f"notebooks/{chapter.name} {chapter.fault}: get that file of the course again. Your copy stays as it is."
    where.origin.mkdir(parents=True, exist_ok=True)
    aside = files.copy_aside(mine, where.kept) if mine.exists() else None
    write(mine, chapter.course)
    write(where.origin / chapter.name, chapter.course)
    there = f" The one you had is {mine.parent.name}/kept/{aside.name}." if aside else ""
    return f"{mine.parent.name}/{chapter.name} is a fresh copy.{there} Answers that were correct stay remembered."
