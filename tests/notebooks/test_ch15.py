"""Notebook 15: it has every part, its loop is the library's, and the stored race says what its answers say."""

import numpy as np
import pytest
from chapter_cells import NOTEBOOKS, assert_every_part

from hf_lib.figures import ch15

NOTEBOOK = NOTEBOOKS / "15_stochastic_meta_descent.ipynb"


def test_it_has_every_part():
    assert_every_part(NOTEBOOK)


@pytest.fixture(scope="module")
def ends():
    return {budget: {name: np.median(of["loss"][:, -1]) for name, of in methods.items()}
            for budget, methods in ch15.stored_race().items()}


@pytest.mark.parametrize("budget", [21_000, 105_000])
def test_meta_descent_leads_the_constant_rates_and_not_the_falling_ones(ends, budget):
    smd = ends[budget]["SMD with G"]
    assert all(smd < 0.8 * ends[budget][name] for name in ("SGD", "momentum", "Adam"))
    assert ends[budget]["Adam, falling"] < smd


def test_all_spend_the_same(ends):
    for budget, methods in ch15.stored_race().items():
        for of in methods.values():
            np.testing.assert_allclose(of["cost"][:, -1], budget, rtol=1e-3)
