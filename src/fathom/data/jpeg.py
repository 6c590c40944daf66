"""Small plain JPEG bytes to pixels, past the header reading that costs more than the decoding."""

import numpy as np
from PIL import Image

SOI, EOI = b"\xff\xd8", b"\xff\xd9"
MODES = {1: "L", 3: "RGB"}
# Frame headers of baseline, extended and progressive Huffman coding.
FRAMES = (0xC0, 0xC1, 0xC2)
# Tables and the JFIF mark; other segments (EXIF, Adobe's mark) may change the picture.
PLAIN = (0xDB, 0xC4, 0xDD, 0xE0)
SCAN = 0xDA


def plain_jpeg(data: bytes, side: int) -> np.ndarray | None:
    """Pixels (H, W, C) of a grey or YCbCr JPEG within `side`; None: ask the general reader."""
    frame = _frame(data)
    if frame is None or max(frame[0], frame[1]) > side or not data.endswith(EOI):
        return None
    height, width, components = frame
    mode = MODES[components]
    try:
        picture = Image.frombytes(mode, (width, height), data, "jpeg", mode, "")
    except (ValueError, OSError, SyntaxError):
        return None
    return np.asarray(picture).reshape(height, width, components)


def _frame(data: bytes) -> tuple[int, int, int] | None:
    """Height, width and components, None unless every segment before the scan is a plain one."""
    found = None
    place = 2
    while place + 10 < len(data) and data[place] == 0xFF:
        code = data[place + 1]
        length = data[place + 2] << 8 | data[place + 3]
        if code == SCAN:
            return found
        if code in FRAMES:
            height = data[place + 5] << 8 | data[place + 6]
            width = data[place + 7] << 8 | data[place + 8]
            components = data[place + 9]
            if data[place + 4] != 8 or components not in MODES or not height or not width:
                return None
            found = (height, width, components)
        elif code not in PLAIN or length < 2:
            return None
        place += 2 + length
    return None
