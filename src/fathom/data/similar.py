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
CHUNK = 2048
PAIRS = 200_000


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
    candidates = _candidates(small)
    near = [
        pair[_distances(small, pair) < DISTANCE]
        for pair in np.array_split(candidates, len(candidates) // PAIRS + 1)
    ]
    pairs = np.concatenate(near)
    pairs = pairs[np.abs(ratio[pairs[:, 0]] - ratio[pairs[:, 1]]) < 0.05]
    return np.asarray(np.sort(rows[pairs], axis=1), dtype=np.int64)


def thumbnails(pictures: Pictures, rows: np.ndarray) -> np.ndarray:
    """Grey means over a 16 x 16 grid, float32 (len(rows), 256)."""
    small = np.empty((len(rows), SIDE * SIDE), dtype=np.float32)
    sizes, which = np.unique(pictures.shapes[rows], axis=0, return_inverse=True)
    for number, shape in enumerate(sizes):
        members = np.flatnonzero(which.reshape(-1) == number)
        for start in range(0, len(members), CHUNK):
            part = members[start : start + CHUNK]
            stack = _stack(pictures, rows[part], tuple(shape.tolist()))
            small[part] = _shrunk(stack).reshape(len(part), -1)
    return small


def _stack(pictures: Pictures, rows: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Equal-sized pictures (n, H, W, C); a view where they lie back to back."""
    offsets = pictures.offsets[rows]
    size = int(np.prod(shape))
    if (np.diff(offsets) == size).all():
        flat = pictures.buffer[int(offsets[0]) : int(offsets[0]) + size * len(rows)]
        return flat.reshape(len(rows), *shape)
    return np.stack([pictures[int(row)] for row in rows])


def _shrunk(stack: np.ndarray) -> np.ndarray:
    """(n, H, W, C) uint8 -> (n, 16, 16) float32, the mean of each cell."""
    height, width, channels = stack.shape[1:]
    down = np.arange(SIDE) * height // SIDE
    across = np.arange(SIDE) * width // SIDE
    grey = stack[..., 0] if channels == 1 else stack.sum(axis=3, dtype=np.uint16)
    cells = np.add.reduceat(grey, down, axis=1, dtype=np.uint32)
    cells = np.add.reduceat(cells, across, axis=2, dtype=np.uint32)
    counts = np.outer(np.diff(down, append=height), np.diff(across, append=width)) * channels
    return np.asarray(cells / counts, dtype=np.float32)


def _candidates(points: np.ndarray) -> np.ndarray:
    """Pairs (P, 2) that share a bucket and are close to each other within it, each once."""
    rng = np.random.default_rng(0)
    count = len(points)
    centred = points - points.mean(axis=0)
    _, _, axes = np.linalg.svd(centred[:: max(1, count // 2000)], full_matrices=False)
    reduced = centred @ axes[:64].T
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
