"""Pictures to pairs that show the same: equal but for compression, size or brightness.

Each picture becomes a grey thumbnail without mean and contrast, a point on a sphere. Near points
probably fall into the same bucket of a random partition (locality-sensitive hashing, Charikar 2002,
section 3), so only pictures that share a bucket are compared: the cost grows with N log N.
"""

import numpy as np

from fathom.data.pictures import Pictures

SIDE = 16
DISTANCE = 0.08  # root mean square difference, relative to the contrast
CONTRAST = 4.0  # standard deviation in grey levels below which a picture counts as empty
TABLES, BITS, WINDOW = 5, 22, 4
FEW = 500  # so many are compared each with each
FINE = 64  # longer sides are sampled before cells are averaged


def near_pairs(pictures: Pictures) -> np.ndarray:
    """Pairs of rows with nearly equal pictures, int64 (P, 2), the smaller row first.

    Pictures below 16 pixels and empty ones are left out: too little is there to tell them apart.
    """
    shapes = pictures.shapes
    rows = np.flatnonzero((shapes[:, 0] >= SIDE) & (shapes[:, 1] >= SIDE))
    small = thumbnails(pictures, rows)
    spread = small.std(axis=1)
    seen = spread > CONTRAST
    rows, small = rows[seen], small[seen]
    if len(rows) < 2:
        return np.empty((0, 2), dtype=np.int64)
    small -= small.mean(axis=1, keepdims=True)
    small /= np.linalg.norm(small, axis=1, keepdims=True)
    ratio = np.log(shapes[rows, 0] / shapes[rows, 1])
    reduced = _main_axes(small)
    pairs = _candidates(reduced)
    # Distances along the main axes are lower bounds, and cheap.
    pairs = pairs[_distances(reduced[:, :16], pairs) < DISTANCE]
    pairs = pairs[_distances(small, pairs) < DISTANCE]
    pairs = pairs[np.abs(ratio[pairs[:, 0]] - ratio[pairs[:, 1]]) < 0.05]
    return np.asarray(np.sort(rows[pairs], axis=1), dtype=np.int64)


def thumbnails(pictures: Pictures, rows: np.ndarray) -> np.ndarray:
    """Grey means over a 16 x 16 grid, float32 (len(rows), 256)."""
    small = np.empty((len(rows), SIDE * SIDE), dtype=np.float32)
    for places, stack in pictures.stacks(rows):
        small[places] = _shrunk(stack).reshape(len(places), -1)
    return small


def _shrunk(stack: np.ndarray) -> np.ndarray:
    """(n, H, W, C) uint8 -> (n, 16, 16) float32, the mean of each cell (of green, in colour)."""
    step = max(1, min(stack.shape[1:3]) // FINE)
    grey = stack[:, ::step, ::step, stack.shape[3] // 2]
    cells = _means(grey.shape[1]) @ grey.astype(np.float32) @ _means(grey.shape[2]).T
    return np.asarray(cells)


def _means(side: int) -> np.ndarray:
    """The matrix (16, side) that averages a side's pixels into 16 cells, float32."""
    cell = np.arange(side) * SIDE // side
    member = (np.arange(SIDE)[:, None] == cell[None, :]).astype(np.float32)
    return np.asarray(member / member.sum(axis=1, keepdims=True))


def _main_axes(points: np.ndarray) -> np.ndarray:
    """Points along their 64 directions of largest variance, the largest first."""
    centred = points - points.mean(axis=0)
    few = centred[:: max(1, len(points) // 2000)]
    _, axes = np.linalg.eigh(few.T @ few)
    return np.ascontiguousarray(centred @ axes[:, :-65:-1])


def _candidates(reduced: np.ndarray) -> np.ndarray:
    """Pairs (P, 2) that share a bucket and are close to each other within it, each once."""
    count = len(reduced)
    if count <= FEW:
        return np.stack(np.triu_indices(count, 1), axis=1)
    rng = np.random.default_rng(0)
    keys = []
    for _ in range(TABLES):
        directions = rng.standard_normal((reduced.shape[1], BITS + 1)).astype(np.float32)
        projected = reduced @ directions
        bits = projected[:, :BITS] > np.median(projected[:, :BITS], axis=0)
        bucket = bits @ (1 << np.arange(BITS, dtype=np.int64))
        order = np.lexsort((projected[:, BITS], bucket))
        for step in range(1, WINDOW + 1):
            first, second = order[:-step], order[step:]
            same = bucket[first] == bucket[second]
            low, high = np.minimum(first, second)[same], np.maximum(first, second)[same]
            keys.append(low.astype(np.int64) * count + high)
    unique = np.unique(np.concatenate(keys))
    return np.stack([unique // count, unique % count], axis=1)


def _distances(points: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    difference = points[pairs[:, 0]] - points[pairs[:, 1]]
    return np.asarray(np.linalg.norm(difference, axis=1))
