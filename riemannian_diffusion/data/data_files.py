"""Where the data sets lie, what they are and where they come from; needs no JAX."""

import hashlib
import os
import urllib.request
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from common.logger import atomic
from common.logger.errors import UserError

DATA_DIR_VARIABLE = "REPRO_DATA_DIR"


@dataclass(frozen=True)
class DataFile:
    """One data set in a file.

    Attributes:
      file: its name.
      folder: the subfolder of the data folder in which it lies.
      columns: of the angles, in degrees.
      origin: where a user gets it.
      sha256: of the file; empty if it is the user's own.
      num_rows: of the set; 0 if it is the user's own.
      separator: of columns.
      skip_lines: header.
      class_name: what the last column must say; empty for all rows.
      address: of the file, for a download; empty if it is not offered.
    """

    file: str
    folder: str
    columns: tuple[int, ...]
    origin: str
    sha256: str = ""
    num_rows: int = 0
    separator: str = ","
    skip_lines: int = 0
    class_name: str = ""
    address: str = ""

    def missing(self, data_dir: Path) -> str:
        """What to do about a file that is not there."""
        return (
            f"{self.file} is in neither {data_dir / self.folder} nor {data_dir}; "
            f"{self.how_to_get()}, or give --data-dir (or {DATA_DIR_VARIABLE}); "
            "what needs no data: `python -m riemannian_diffusion list`"
        )

    def how_to_get(self) -> str:
        """Where the file comes from, and the command that fetches it if there is one."""
        if self.address:
            return f"`python -m riemannian_diffusion data --download` gets it from {self.origin}"
        return f"get it from {self.origin}"

    def check_sum(self, contents: bytes, path: Path | str) -> None:
        """Compares the checksum, of files that are not the user's own.

        Raises:
          UserError: it differs.
        """
        if self.sha256 and hashlib.sha256(contents).hexdigest() != self.sha256:
            raise UserError(
                f"{path} is damaged or another version: its SHA-256 is not {self.sha256[:16]}...; "
                f"get it anew ({self.origin})"
            )


def default_data_dir() -> Path:
    """The data folder where none is given."""
    return Path(os.environ.get(DATA_DIR_VARIABLE, "data"))


def find_file(described: DataFile, data_dir: Path) -> Path | None:
    """The file in the data folder or its subfolder; None if it is in neither."""
    for path in (data_dir / described.folder / described.file, data_dir / described.file):
        if path.is_file():
            return path
    return None


def missing(names: Iterable[str], data_dir: Path) -> list[DataFile]:
    """Files that some of the targets named need and that are not in the data folder."""
    files = [FILES[name] for name in names if name in FILES]
    return [file for file in files if find_file(file, data_dir) is None]


def check(data_dir: Path, *, download: bool) -> Iterator[tuple[str, bool]]:
    """Says of every file whether it is there and sound; fetches those that can be fetched.

    Yields:
      A line, and whether the file is there.

    Raises:
      UserError: a file is damaged, or what was fetched is not what was expected.
      OSError: a file cannot be fetched or written.
    """
    for described in {each.file: each for each in FILES.values()}.values():
        path = find_file(described, data_dir)
        if path is None and download and described.address:
            path = _fetch(described, data_dir / described.folder / described.file)
        if path is None:
            yield f"{described.file}: missing; {described.how_to_get()}", False
        else:
            described.check_sum(path.read_bytes(), path)
            yield f"{path}: {'sound' if described.sha256 else 'your own, unchecked'}", True


def _fetch(described: DataFile, path: Path) -> Path:
    """Downloads a file; it appears whole and with the right checksum, or not at all."""
    with urllib.request.urlopen(described.address, timeout=60) as answer:
        contents: bytes = answer.read()
    described.check_sum(contents, described.address)
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_bytes(path, contents)
    return path


_EARTH = "github.com/oxcsml/riemannian-score-sde, data/"
_EARTH_ADDRESS = (
    "https://raw.githubusercontent.com/oxcsml/riemannian-score-sde/"
    "5b48a7f7e175894afb6933f5e5f367b5a0eb65d7/data/"
)
_PROTEIN = (
    "the authors' Top500 angles as protein.tsv: no header, tab-separated, columns source, phi, "
    "psi, class (copies: github.com/facebookresearch/riemannian-fm, github.com/vislearn/FFF)"
)


def _earth(file: str, sha256: str, num_rows: int, skip_lines: int) -> DataFile:
    address = _EARTH_ADDRESS + file
    columns = (0, 1)  # latitude and longitude
    return DataFile(
        file, "earth", columns, _EARTH, sha256, num_rows, skip_lines=skip_lines, address=address
    )


def _protein(class_name: str) -> DataFile:
    return DataFile("protein.tsv", "torus", (1, 2), _PROTEIN, separator="\t", class_name=class_name)


FILES = {
    "volcano": _earth(
        "volerup.csv",
        "f7bbaf32a412f5fe82350f48e0c55100be260803969c16557343f687fd0593fc",
        827,
        skip_lines=2,
    ),
    "earthquake": _earth(
        "quakes_all.csv",
        "3e5e1a10fb2faf1899106264289334037d039f00f5265d13dad388a93d8ff2f7",
        6120,
        skip_lines=4,
    ),
    "flood": _earth(
        "flood.csv",
        "ffb1e3182c3053afcdeceec4727c262a29da10255d20747c08144da5b0963486",
        4875,
        skip_lines=2,
    ),
    "fire": _earth(
        "fire.csv",
        "c5c6c9490b1d8c58ba9eb78d9e2f82d1c1e62694ca5cff917c54600d3d83f459",
        12809,
        skip_lines=1,
    ),
    "general": _protein("General"),
    "glycine": _protein("Glycine"),
    "proline": _protein("Proline"),
    "pre_pro": _protein("Pre-Pro"),
    "top8000": DataFile(
        "top8000_phi_psi_subset.tsv",
        "torus",
        (1, 2),
        "the Top8000 data of github.com/rlabduke/reference_data (CC BY 4.0), commit cbe3006: name, "
        "phi, psi and class of Top8000_filtered_residues_rotarama",
        "3788329bd21df6b144cda024f4013a4fe1760ad14c5154ae69af39f5a5307871",
        86549,
        separator="\t",
    ),
    "rna": DataFile(
        "rna.tsv",
        "torus",
        (2, 3, 4, 5, 6, 7, 8),
        "github.com/vislearn/FFF (MIT)",
        "189183ca25bd45c8a7578d3c1cd8a555b5139bb1ab0ac1a0bd25672be19badf7",
        9478,
        separator="\t",
        address="https://raw.githubusercontent.com/vislearn/FFF/"
        "7b99c97693c0ea24ca8b84d1884766cec751fb5f/fff/data/raw_data/torus/rna.tsv",
    ),
}
