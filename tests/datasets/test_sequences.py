"""The sequence tasks against their tables, and when they count as solved."""

import numpy as np
import pytest

from hf_lib.datasets import sequences

DRAWN = (sequences.addition, sequences.xor, sequences.temporal_order)


def test_the_five_bits_are_all_32_and_come_again_after_the_cue():
    data = sequences.memory5(7)
    assert data.X.shape == (32, 17, 4) and data.Y.shape == (32, 17, 3) and data.mask.all()
    x, y = data.X.argmax(axis=2), data.Y.argmax(axis=2)
    assert np.all(data.X.sum(axis=2) == 1) and np.all(data.Y.sum(axis=2) == 1)
    assert len({tuple(row) for row in x[:, :5]}) == 32 and set(x[:, :5].ravel()) == {0, 1}
    assert np.all(x[:, 11] == 3) and np.all(np.delete(x[:, 5:], 6, axis=1) == 2)
    assert np.all(y[:, :12] == 2) and np.array_equal(y[:, 12:], x[:, :5])


@pytest.mark.parametrize("T, cue", [(1, 5), (100, 104)])
def test_the_cue_comes_just_before_the_answer(T, cue):
    data = sequences.memory5(T)
    assert np.all(data.X[:, cue, 3] == 1) and data.X.shape[1] == cue + 6 and data.X[..., 3].sum() == 32


@pytest.mark.parametrize("make", DRAWN)
def test_lengths_and_filling(make):
    data = make(40, 300, np.random.default_rng(0))
    assert data.X.shape[:2] == data.mask.shape == (300, 44)
    assert np.all(data.mask.sum(axis=1) == 1)
    ends = data.mask.argmax(axis=1)
    assert set(ends + 1) == {40, 41, 42, 43, 44}
    after = np.arange(44) > ends[:, None]
    assert not data.X[after].any() and not data.Y[data.mask == 0].any()


@pytest.mark.parametrize("make, answer, A, B", [
    (sequences.addition, lambda a, b: a + b, (1, 10), (10, 50)),
    (sequences.xor, lambda a, b: (a + b) % 2, (2, 20), (30, 50)),
])
def test_the_target_is_made_of_the_two_marked_numbers(make, answer, A, B):
    data = make(100, 2000, np.random.default_rng(1))
    markers = data.X[..., 1]
    assert np.all((markers == 1).sum(axis=1) == 2) and np.all((markers == -1).sum(axis=1) == 2)
    ends = data.mask.argmax(axis=1)
    assert np.all(markers[:, 0] == -1) and np.all(markers[np.arange(2000), ends - 2] == -1)
    first = (markers == 1).argmax(axis=1)
    second = markers.shape[1] - 1 - (markers[:, ::-1] == 1).argmax(axis=1)
    assert (first.min(), first.max() + 1) == A and (second.min(), second.max() + 1) == B
    rows = np.arange(2000)
    want = answer(data.X[rows, first, 0], data.X[rows, second, 0])
    assert np.array_equal(data.Y[rows, ends, 0], want)
    if make is sequences.xor:
        assert set(np.unique(data.X[..., 0])) == {0, 1} and 0.4 < want.mean() < 0.6


def test_temporal_order_asks_for_the_two_symbols_in_their_order():
    data = sequences.temporal_order(100, 2000, np.random.default_rng(1))
    ends, rows = data.mask.argmax(axis=1), np.arange(2000)
    symbols = np.where(data.X.any(axis=2), data.X.argmax(axis=2), 9)
    assert np.all(symbols[:, 0] == 0) and np.all(symbols[rows, ends] == 1)
    told = (symbols == 2) | (symbols == 3)
    assert np.all(told.sum(axis=1) == 2)
    first, second = told.argmax(axis=1), told.shape[1] - 1 - told[:, ::-1].argmax(axis=1)
    assert (first.min(), first.max(), second.min(), second.max()) == (1, 9, 40, 49)
    want = 2 * (symbols[rows, first] - 2) + symbols[rows, second] - 2
    assert np.array_equal(data.Y[rows, ends].argmax(axis=1), want) and set(want) == {0, 1, 2, 3}
    assert set(np.unique(symbols)) == {*range(8), 9}


@pytest.mark.parametrize("make", DRAWN)
def test_the_seed_decides_and_float32_is_rounded(make):
    a, b = make(20, 5, np.random.default_rng(3)), make(20, 5, np.random.default_rng(3), np.float32)
    for name in ("X", "Y", "mask"):
        assert getattr(b, name).dtype == np.float32
        assert np.array_equal(getattr(a, name).astype(np.float32), getattr(b, name))


# --- solved

def at_the_end(data, change):
    """Outputs that are the targets, but for `change` at the step of sequence 0 that counts."""
    z = data.Y.copy()
    z[0, data.mask[0].argmax()] += change
    z[data.mask == 0] = 99                                    # does not count
    return z


@pytest.mark.parametrize("error, right", [(0.039, True), (0.041, False), (-0.039, True), (-0.19, False)])
def test_addition_is_right_within_four_hundredths(error, right):
    data = sequences.addition(20, 4, np.random.default_rng(0))
    assert list(data.solved(at_the_end(data, error))) == [right, True, True, True]


def test_xor_is_right_on_its_side_of_zero():
    data = sequences.xor(20, 50, np.random.default_rng(0))
    z = np.where(data.Y == 1, 0.01, -0.01)
    assert data.solved(z).all() and not data.solved(-z).any()


def test_a_class_is_right_where_it_alone_is_largest():
    data = sequences.memory5(2)
    z = data.Y.copy()
    assert data.solved(z).all()
    z[3, 4] = 0                                               # a tie, at a step where there is nothing to say
    z[5, -1] = -z[5, -1]
    assert np.flatnonzero(~data.solved(z)).tolist() == [3, 5]


@pytest.mark.parametrize("call, error, message", [
    (lambda rng: sequences.memory5(0), ValueError, "T is 0"),
    (lambda rng: sequences.addition(19, 1, rng), ValueError, "T is 19, expected at least 20"),
    (lambda rng: sequences.xor(20, 0, rng), ValueError, "n is 0"),
    (lambda rng: sequences.temporal_order(20, 3, 0), TypeError, "rng must be"),
    (lambda rng: sequences.addition(20, 3, rng, np.int32), ValueError, "dtype is"),
    (lambda rng: sequences.memory5(3).solved(np.zeros((32, 13, 1))), ValueError, "z has shape"),
    (lambda rng: sequences.memory5(3).solved(np.zeros((32, 13, 3), np.float32)), TypeError, "z has dtype float32"),
])
def test_what_does_not_fit_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call(np.random.default_rng(0))
