"""Decoding of good, odd and broken picture files."""

import struct
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fathom.data.jpeg import plain_jpeg
from fathom.data.pictures import PIXELS, Pictures, decode


def encoded(array: np.ndarray, form: str = "PNG", **options: object) -> bytes:
    out = BytesIO()
    Image.fromarray(array).save(out, form, **options)
    return out.getvalue()


def noise(height: int, width: int, channels: int = 3, seed: int = 0) -> np.ndarray:
    shape = (height, width, channels) if channels > 1 else (height, width)
    return np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)


def smooth(height: int = 24, width: int = 32) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width]
    return np.stack([rows * 5, columns * 5, rows + columns], axis=2).astype(np.uint8)


def bomb(side: int) -> bytes:
    """A tiny PNG whose header announces side x side pixels."""

    def part(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", header) + part(b"IDAT", data) + part(b"IEND", b"")


def test_sizes_and_channels_are_kept() -> None:
    colour, grey = noise(5, 7), noise(9, 3, 1)
    found = decode([encoded(colour), encoded(grey), None])
    assert np.array_equal(found.pictures[0], colour)
    assert np.array_equal(found.pictures[1], grey[:, :, None])
    assert found.pictures[2].shape == (0, 0, 0)
    assert found.problems == {}


@pytest.mark.parametrize("form", ["PNG", "BMP", "TIFF", "PPM", "WEBP", "GIF"])
def test_every_allowed_format_reads(form: str) -> None:
    options = {"lossless": True} if form == "WEBP" else {}
    picture = np.full((6, 8, 3), (200, 30, 40), dtype=np.uint8)
    found = decode([encoded(picture, form, **options)])
    assert np.array_equal(found.pictures[0], picture)


def test_a_format_outside_the_list_is_refused() -> None:
    out = BytesIO()
    Image.fromarray(noise(4, 4)).save(out, "ICO")
    found = decode([out.getvalue()])
    assert "no picture of a known format" in found.problems[0]


def test_broken_pictures_are_told_and_the_others_kept(tmp_path: Path) -> None:
    whole = encoded(noise(40, 40))
    jpeg = encoded(smooth(), "JPEG")
    items = [whole[: len(whole) // 2], b"", b"hello, I am a text", jpeg[: len(jpeg) // 2], whole]
    found = decode([*items, tmp_path / "nowhere.png"])
    assert sorted(found.problems) == [0, 1, 2, 3, 5]
    assert "zero bytes" in found.problems[1]
    assert "cut off" in found.problems[0] and "cut off" in found.problems[3]
    assert found.pictures.missing().tolist() == [True, True, True, True, False, True]
    assert np.array_equal(found.pictures[4], noise(40, 40))


@pytest.mark.parametrize("side", [9_500, 12_000, 60_000])
def test_a_decompression_bomb_is_refused_from_its_header(side: int) -> None:
    assert side * side > PIXELS
    found = decode([bomb(side), encoded(noise(4, 4))])
    assert f"{PIXELS:,} pixels" in found.problems[0]
    assert 1 not in found.problems


def test_the_exif_orientation_is_applied() -> None:
    picture = smooth(24, 32)
    exif = Image.Exif()
    exif[0x0112] = 6
    found = decode([encoded(picture, "PNG", exif=exif), encoded(picture, "JPEG", exif=exif)])
    assert np.array_equal(found.pictures[0], np.rot90(picture, -1))
    assert found.pictures[1].shape == (32, 24, 3)
    assert list(found.notes.values()) == [[0, 1]]


def test_sixteen_bits_palette_alpha_and_cmyk_become_plain() -> None:
    deep = (np.arange(64, dtype=np.uint16) * 1000).reshape(8, 8)
    palette = BytesIO()
    Image.fromarray(smooth()).quantize(8).save(palette, "PNG")
    clear = np.zeros((4, 4, 4), dtype=np.uint8)
    clear[:2, :, 3] = 255
    cmyk = BytesIO()
    Image.fromarray(smooth()).convert("CMYK").save(cmyk, "JPEG", quality=95)
    items = [encoded(deep), palette.getvalue(), encoded(clear), cmyk.getvalue()]
    found = decode(items)
    assert found.problems == {}
    assert np.array_equal(found.pictures[0][:, :, 0], np.rint(deep / 257).astype(np.uint8))
    assert found.pictures[1].shape == (24, 32, 3)
    assert (found.pictures[2][:2] == 0).all() and (found.pictures[2][2:] == 255).all()
    assert np.abs(found.pictures[3].astype(int) - smooth()).mean() < 12
    assert sum(len(rows) for rows in found.notes.values()) == 4


def test_the_first_picture_of_an_animation_is_used() -> None:
    frames = [Image.fromarray(np.full((6, 6, 3), level, dtype=np.uint8)) for level in (10, 200)]
    out = BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    found = decode([out.getvalue()])
    assert (found.pictures[0] == 10).all()
    assert any("animated" in note for note in found.notes)


def test_the_content_decides_not_the_extension(tmp_path: Path) -> None:
    path = tmp_path / "picture.jpg"
    path.write_bytes(encoded(noise(4, 4)))
    found = decode([path])
    assert np.array_equal(found.pictures[0], noise(4, 4))
    assert any("another extension" in note for note in found.notes)


def test_large_pictures_are_reduced_and_keep_their_shape() -> None:
    wide = np.tile(smooth(24, 32), (20, 25, 1))
    found = decode([encoded(wide, "JPEG", quality=95), encoded(wide)], side=100)
    assert found.pictures[0].shape == found.pictures[1].shape == (60, 100, 3)
    assert np.abs(found.pictures[0].astype(int) - found.pictures[1]).mean() < 8


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("progressive", [False, True])
def test_the_quick_way_for_small_jpegs_gives_the_same_pixels(mode: str, progressive: bool) -> None:
    out = BytesIO()
    Image.fromarray(smooth()).convert(mode).save(out, "JPEG", progressive=progressive)
    quick = plain_jpeg(out.getvalue(), 64)
    plain = np.asarray(Image.open(BytesIO(out.getvalue())))
    assert quick is not None
    assert np.array_equal(quick.reshape(plain.shape), plain)


def test_the_quick_way_leaves_odd_jpegs_to_the_general_reader() -> None:
    exif = Image.Exif()
    exif[0x0112] = 3
    cmyk = BytesIO()
    Image.fromarray(smooth()).convert("CMYK").save(cmyk, "JPEG")
    assert plain_jpeg(encoded(smooth(), "JPEG", exif=exif), 64) is None
    assert plain_jpeg(cmyk.getvalue(), 64) is None
    assert plain_jpeg(encoded(smooth(), "JPEG"), 16) is None


@given(
    st.binary(max_size=80),
    st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM"]),
)
def test_no_bytes_raise(tail: bytes, head: bytes) -> None:
    found = decode([head + tail])
    assert 0 in found.problems


@given(st.integers(0, 400))
def test_a_jpeg_cut_or_changed_anywhere_never_raises(place: int) -> None:
    data = bytearray(encoded(smooth(), "JPEG"))
    data[place % len(data)] ^= 0xFF
    found = decode([bytes(data), bytes(data[: place % len(data)])])
    assert len(found.pictures) == 2


def test_stacks_join_equal_sizes_and_miss_none() -> None:
    shapes = [(4, 4), (5, 4), (4, 4), (4, 4), (5, 4)]
    pictures = decode([encoded(noise(*shape, seed=n)) for n, shape in enumerate(shapes)]).pictures
    seen = []
    for places, stack in pictures.stacks(np.arange(5), most=2):
        for place, picture in zip(places, stack, strict=True):
            assert np.array_equal(picture, pictures[int(place)])
            seen.append(int(place))
    assert sorted(seen) == [0, 1, 2, 3, 4]


def test_joined_pictures_follow_each_other() -> None:
    first = Pictures.of_array(noise(2, 12).reshape(2, 3, 4, 3))
    second = Pictures.of_array(noise(3, 4, seed=1).reshape(1, 3, 4, 3))
    both = Pictures.joined([first, second])
    assert len(both) == 3
    assert np.array_equal(both[2], second[0])
