"""Pictures of one size to the simple features that classical methods use: shape and colour.

Shape is a histogram of oriented gradients (Dalal and Triggs 2005): votes of 9 directions in cells,
normalised over blocks of 2 x 2 cells. Colour is a histogram of the whole picture and the mean and
spread in a coarse grid.
"""

import numpy as np

CELLS = 8
DIRECTIONS = 9
LARGEST_SIDE = 64
COLOUR_LEVELS = 4
GRID = 4


def simple_features(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shape (n, 1764) and colour (n, features), float32, of pictures (n, H, W, C) uint8."""
    small = shrunk(images)
    return shapes(small), colours(small)


def shapes(images: np.ndarray) -> np.ndarray:
    """Histograms of oriented gradients, (n, 1764) float32."""
    grey = np.sqrt(images.mean(3, dtype=np.float32))  # the root evens out dark and bright
    down, across = np.zeros_like(grey), np.zeros_like(grey)
    down[:, 1:-1] = grey[:, 2:] - grey[:, :-2]
    across[:, :, 1:-1] = grey[:, :, 2:] - grey[:, :, :-2]
    strength = np.sqrt(down**2 + across**2)
    turn = np.arctan2(down, across) * np.float32(DIRECTIONS / np.pi)
    turn[turn < 0] += DIRECTIONS  # a direction and its opposite are one
    count, height, width = grey.shape
    rows, columns = _soft_cells(height, CELLS), _soft_cells(width, CELLS)
    pooled = np.empty((count, height, DIRECTIONS, CELLS), dtype=np.float32)
    for direction in range(DIRECTIONS):
        votes = strength * _nearness(turn, direction)
        pooled[:, :, direction] = (votes.reshape(-1, width) @ columns.T).reshape(count, height, -1)
    cells = (rows @ pooled.reshape(count, height, -1)).reshape(count, CELLS, DIRECTIONS, CELLS)
    return _normalised_blocks(cells.swapaxes(2, 3))


def colours(images: np.ndarray) -> np.ndarray:
    """Histogram of the whole picture, and means and spreads in a grid, (n, features) float32."""
    count, height, width, channels = images.shape
    levels = COLOUR_LEVELS if channels == 3 else COLOUR_LEVELS**2
    codes = (images.astype(np.uint16) * levels) >> 8
    bins = int(levels**channels)
    places = sum(codes[..., c].astype(np.int64) * levels**c for c in range(channels))
    places = places + np.arange(count)[:, None, None] * bins
    histogram = np.bincount(places.ravel(), minlength=count * bins).reshape(count, bins)
    planes = images.transpose(0, 3, 1, 2).astype(np.float32) / 255
    rows, columns = (_soft_cells(side, GRID, even=True) for side in planes.shape[2:])
    middle = rows @ planes @ columns.T
    spread = np.sqrt(np.maximum(rows @ planes**2 @ columns.T - middle**2, 0))
    shares = np.sqrt(histogram / (height * width))
    parts = [shares, middle.reshape(count, -1), spread.reshape(count, -1)]
    return np.concatenate(parts, 1).astype(np.float32)


def shrunk(images: np.ndarray) -> np.ndarray:
    """The pictures with sides of about 64 pixels at most: means over squares of pixels, uint8."""
    _, height, width, channels = images.shape
    factor = max(1, round(max(height, width) / LARGEST_SIDE))
    if factor == 1:
        return images
    down, across = min(factor, height), min(factor, width)  # thin pictures shrink one way only
    rows, columns = height // down, width // across
    lines = np.zeros((len(images), rows, width, channels), dtype=np.uint32)
    for i in range(down):
        lines += images[:, i : rows * down : down]
    total = np.zeros((len(images), rows, columns, channels), dtype=np.uint32)
    for j in range(across):
        total += lines[:, :, j : columns * across : across]
    return (total // (down * across)).astype(np.uint8)


def _nearness(turn: np.ndarray, direction: int) -> np.ndarray:
    """1 at the direction, 0 from the next ones on; on the circle, so that 0 is next to the last."""
    near = np.abs(turn - np.float32(direction))
    np.maximum(np.subtract(1, near, out=near), 0, out=near)
    if direction == 0:
        near += np.maximum(turn - np.float32(DIRECTIONS - 1), 0)
    return near


def _soft_cells(side: int, cells: int, *, even: bool = False) -> np.ndarray:
    """Weights (cells, side): each pixel is shared between its two nearest cells, by distance.

    even: rows sum to 1, so that the product is a mean.
    """
    place = (np.arange(side) + 0.5) * cells / side - 0.5
    weights = np.maximum(0, 1 - np.abs(np.arange(cells)[:, None] - np.clip(place, 0, cells - 1)))
    weights = weights / np.maximum(weights.sum(1, keepdims=True), 1e-6) if even else weights
    return weights.astype(np.float32)


def _normalised_blocks(cells: np.ndarray) -> np.ndarray:
    """Blocks of 2 x 2 cells scaled to length 1, cut at 0.2 and scaled again."""
    corners = [cells[:, :-1, :-1], cells[:, :-1, 1:], cells[:, 1:, :-1], cells[:, 1:, 1:]]
    blocks = np.concatenate(corners, axis=-1)
    blocks /= np.sqrt((blocks**2).sum(-1, keepdims=True)) + 1e-2
    np.minimum(blocks, 0.2, out=blocks)
    blocks /= np.sqrt((blocks**2).sum(-1, keepdims=True)) + 1e-2
    return blocks.reshape(len(cells), -1)
