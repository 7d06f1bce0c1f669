"""Grey images of 8 bits in PNG files, with the standard library alone.

For your own project: take a library (Pillow, OpenCV); this reads just what `warehouse/camera.py` writes,
and grey images that other programs saved without interlacing.
"""

from __future__ import annotations

import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST_PIXELS = 1 << 24

# An image: its rows from the top, each pixel from 0 (black) to 255 (white).
Image = list[list[int]]


def write(path: str, image: Image) -> None:
    head = struct.pack(">IIBBBBB", len(image[0]), len(image), 8, 0, 0, 0, 0)
    lines = b"".join(b"\0" + bytes(row) for row in image)
    parts = [chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(lines, 9)), chunk(b"IEND", b"")]
    with open(path, "wb") as file:
        file.write(SIGNATURE + b"".join(parts))


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def read(path: str) -> Image:
    with open(path, "rb") as file:
        data = file.read()
    try:
        return decode(data)
    except (ValueError, IndexError, struct.error, zlib.error) as error:
        raise SystemExit(f"{path}: {error}")


def decode(data: bytes) -> Image:
    if not data.startswith(SIGNATURE):
        raise ValueError("is no PNG file")
    bodies = chunks(data[len(SIGNATURE) :])
    width, height, *kind = struct.unpack(">IIBBBBB", bodies[b"IHDR"])
    if kind != [8, 0, 0, 0, 0]:
        raise ValueError("is no grey image of 8 bits without interlacing")
    if not 0 < width * height <= MOST_PIXELS:
        raise ValueError(f"is {width} × {height} pixels large")
    size = height * (width + 1)
    lines = zlib.decompressobj().decompress(bodies[b"IDAT"], size)
    if len(lines) < size:
        raise ValueError("ends early")
    image: Image = []
    above = [0] * width
    for start in range(0, size, width + 1):
        above = unfiltered(lines[start], lines[start + 1 : start + 1 + width], above)
        image.append(above)
    return image


def chunks(data: bytes) -> dict[bytes, bytes]:
    """Returns the bodies of a file by their kinds, those of the same kind joined."""
    bodies: dict[bytes, bytes] = {}
    while data:
        (length,) = struct.unpack(">I", data[:4])
        kind, body, sum_of_it = data[4:8], data[8 : 8 + length], data[8 + length : 12 + length]
        if sum_of_it != struct.pack(">I", zlib.crc32(kind + body)):
            raise ValueError("is cut off or damaged")
        bodies[kind] = bodies.get(kind, b"") + body
        data = data[12 + length :]
    if not {b"IHDR", b"IDAT", b"IEND"} <= bodies.keys():
        raise ValueError("is cut off")
    return bodies


def unfiltered(kind: int, line: bytes, above: list[int]) -> list[int]:
    """Takes the filter of a line off, which says what each pixel is the difference to."""
    if kind == 0:
        return list(line)
    row: list[int] = []
    for at, value in enumerate(line):
        left = row[at - 1] if at else 0
        corner = above[at - 1] if at else 0
        guess = [0, left, above[at], (left + above[at]) // 2, nearest(left, above[at], corner)]
        row.append((value + guess[kind]) % 256)
    return row


def nearest(left: int, above: int, corner: int) -> int:
    """Returns the neighbour that is nearest to left + above - corner, in this order where equal."""
    goal = left + above - corner
    return min((left, above, corner), key=lambda value: abs(goal - value))
