"""The orientation of an oblique phantom is a proper one."""

import numpy as np
import pytest

from lianyi.cli.phantom import oblique_orientation


@pytest.mark.parametrize("degrees", [-45.0, -12.5, 7.0, 20.0, 45.0])
def test_rows_and_columns_are_unit_vectors_at_a_right_angle(degrees: float) -> None:
    row, column = np.reshape(oblique_orientation(degrees), (2, 3))

    assert np.linalg.norm(row) == pytest.approx(1)
    assert np.linalg.norm(column) == pytest.approx(1)
    assert row @ column == pytest.approx(0, abs=1e-12)


def test_the_stack_is_turned_about_two_axes() -> None:
    row, column = np.reshape(oblique_orientation(20.0), (2, 3))

    normal = np.cross(row, column)

    assert abs(normal[0]) > 0.1
    assert abs(normal[1]) > 0.1
    assert normal[2] == pytest.approx(np.cos(np.radians(20.0)) ** 2)
