from __future__ import annotations

import numpy as np

from crosscam.base.vectors import unit_rows


def test_unit_rows_by_hand() -> None:
    found = unit_rows(np.array([[3.0, 4.0], [0.0, 0.0], [0.0, -2.0]]))
    np.testing.assert_allclose(found, [[0.6, 0.8], [0, 0], [0, -1]], atol=1e-7)
    assert found.dtype == np.float32


def test_one_vector_and_stacks_of_them() -> None:
    vectors = np.random.default_rng(0).normal(size=(3, 4, 5)).astype(np.float32)
    np.testing.assert_allclose(np.linalg.norm(unit_rows(vectors), axis=2), 1, rtol=1e-6)
    np.testing.assert_array_equal(unit_rows(vectors[1, 2]), unit_rows(vectors)[1, 2])
    assert unit_rows(np.zeros((0, 5), np.float32)).shape == (0, 5)
