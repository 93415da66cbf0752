"""Make the data set Pen-Digits that comes with the studio: `core/data/pictures/pen_digits.npz`.

    python -m release.pen_digits

Needs `pendigits/pendigits.tra` of the UCI Machine Learning Repository in the data folder (see docs/settings.md): its
training part, 7,494 drawings of 30 people. The test part, by 14 others, is neither read nor shipped.
"""

import hashlib

import numpy as np

from core import settings
from core.data.pictures import pen_digits

SOURCE = "pendigits/pendigits.tra"
SHA256 = "964e13f369674414bbe0118aa2288a745aac37fd7f0c00a18c2973de25727f6c"


def main() -> None:
    """Read, check and write."""
    content = (settings.data_folder() / SOURCE).read_bytes()
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise SystemExit(f"{SOURCE} is not the file that was published: its SHA-256 is another than {SHA256}.")
    rows = np.array(
        [[int(number) for number in line.split(",")] for line in content.decode("ascii").splitlines() if line]
    )
    points = rows[:, :-1].reshape(-1, pen_digits.NUM_POINTS, 2).astype(np.uint8)
    points[:, :, 1] = 100 - points[:, :, 1]  # they were published with y upwards
    np.savez_compressed(pen_digits.FILE, points=points, digits=rows[:, -1].astype(np.uint8))
    print(f"{pen_digits.FILE}: {len(rows):,} drawings, {pen_digits.FILE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
