"""`compare`: one line where two results agree, an error that says how far they are apart where not."""

import numpy as np
import pytest

from hf_lib.notebook.compare import compare


def test_it_tells_exact_from_close():
    assert repr(compare("sum", np.array([1.0, 2.0]), np.array([1.0, 2.0]))) == "✓ sum: exact"
    assert repr(compare("sum", np.array([1.0, 2.0 + 1e-12]), np.array([1.0, 2.0]))) == "✓ sum: agrees to 5e-13"


@pytest.mark.parametrize("dtype, off", [(np.float64, 1e-9), (np.float32, 1e-3)])
def test_a_wrong_value_is_an_error(dtype, off):
    right = np.ones(3, dtype)
    with pytest.raises(AssertionError, match="sum: differs by"):
        compare("sum", right + dtype(off), right)
    assert compare("sum", right + dtype(off), right, rtol=2 * off).difference > 0


@pytest.mark.parametrize("mine", [np.nan, np.inf, -1.0])
def test_no_number_passes_for_close(mine):
    with pytest.raises(AssertionError):
        compare("value", mine, 1.0)


def test_nothing_is_broadcast():
    with pytest.raises(ValueError, match=r"\(3, 1\)"):
        compare("sum", np.ones(3), np.ones((3, 1)))


def test_float32_gets_the_room_of_float32():
    assert compare("sum", np.float32(1 / 3), 1 / 3).difference < 1e-7
