"""Every picture of every chapter: all corners of its controls, and values at random."""

import importlib
import inspect
import pkgutil
import re

import pytest
from figure_checks import check_corners, check_values, corners, example
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hf_lib.figures
from hf_lib import explore

MODULES = [importlib.import_module(f"hf_lib.figures.{m.name}") for m in pkgutil.iter_modules(hf_lib.figures.__path__)]
CHAPTERS = [module for module in MODULES if re.search(r"\.ch\d\d$", module.__name__)]
PICTURES = [pytest.param(picture, id=f"{module.__name__.rpartition('.')[2]}.{name}")
            for module in CHAPTERS for name, picture in explore.pictures(module).items()]
FEW = 4  # corners that are drawn in about two seconds


def many_corners(picture):
    return sum(1 for _ in corners(picture, example(picture))) > FEW


def test_a_chapter_lists_its_pictures_once_wherever_they_are_drawn():
    listed = [picture for module in CHAPTERS for picture in explore.pictures(module).values()]
    drawn = [p for module in MODULES for p in vars(module).values()
             if isinstance(p, explore.Picture) and p.__module__ == module.__name__]
    assert sorted(map(id, listed)) == sorted(map(id, drawn))


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.__name__)
def test_a_chapters_draw_functions_are_pictures(module):
    for name, f in inspect.getmembers(module, inspect.isfunction):
        if f.__module__ == module.__name__ and not name.startswith("_"):
            assert "style.figure(" not in inspect.getsource(f), f"{name} lacks @picture(…)"


@pytest.mark.parametrize("picture", [
    pytest.param(*p.values, id=p.id, marks=[pytest.mark.slow] if many_corners(*p.values) else [])
    for p in PICTURES])
def test_corners(picture):
    check_corners(picture)


@pytest.mark.slow
@pytest.mark.parametrize("picture", PICTURES)
def test_values_at_random(picture):
    data = example(picture)
    controls = picture.controls(data)
    first, _ = check_values(picture, data, {})

    @settings(max_examples=5, deadline=None, database=None,
              suppress_health_check=list(HealthCheck))
    @given(st.fixed_dictionaries({name: st.sampled_from(c.values) for name, c in controls.items()}))
    def draws(values):
        check_values(picture, data, values, first)

    draws()
