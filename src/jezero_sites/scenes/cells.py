r"""Where the cells of a made-up ground lie.

.. math::

   x_j = (j + \tfrac12)\,\Delta x, \qquad y_i = (n - i - \tfrac12)\,\Delta y

for column :math:`j` and row :math:`i` of :math:`n` rows. A scene has its own flat coordinates, in
metres of ground: ``x_m`` runs east from its west edge, ``y_m`` runs north from its south edge.
"""

from __future__ import annotations

import numpy as np

from jezero_sites.arrays import FloatArray

__all__ = ["block_mean", "cell_centres_m"]


def cell_centres_m(shape: tuple[int, int], *, dx_m: float, dy_m: float) -> tuple[FloatArray, FloatArray]:
    """Return where the cell centres lie, in metres east of the west and north of the south edge.

    Parameters
    ----------
    shape : (rows, columns)
    dx_m, dy_m : float
        Ground width and height of a cell, in metres.

    Returns
    -------
    x_m : array of shape (columns,)
        Rising eastward.
    y_m : array of shape (rows,)
        Falling: the first row is the northernmost.

    Examples
    --------
    >>> x_m, y_m = cell_centres_m((2, 3), dx_m=1.0, dy_m=4.0)
    >>> x_m.tolist(), y_m.tolist()
    ([0.5, 1.5, 2.5], [6.0, 2.0])
    """
    rows, columns = shape
    x_m: FloatArray = (np.arange(columns, dtype=np.float64) + 0.5) * dx_m
    y_m: FloatArray = (rows - np.arange(rows, dtype=np.float64) - 0.5) * dy_m
    return x_m, y_m


def block_mean(values: FloatArray, block: int) -> FloatArray:
    """Return the means of square blocks of cells, in the unit of the values.

    Parameters
    ----------
    values : array of shape (rows, columns)
        NaN spoils its block.
    block : int
        Cells along the side of a block; must divide rows and columns.

    Returns
    -------
    array of shape (rows / block, columns / block)

    Raises
    ------
    ValueError
        When the block does not divide the shape.

    Examples
    --------
    >>> block_mean(np.array([[1.0, 3.0, 5.0, 5.0], [1.0, 3.0, 5.0, 5.0]]), 2)
    array([[2., 5.]])
    """
    rows, columns = values.shape
    if rows % block or columns % block:
        raise ValueError(f"blocks of {block} cells do not divide a shape of {values.shape}")
    mean: FloatArray = values.reshape(rows // block, block, columns // block, block).mean(axis=(1, 3))
    return mean
