# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""What convexscan-plot does: its options, its files and its complaints."""

import argparse
import contextlib
import os
import sys
import unicodedata

from convexscan.ends import holds_ends, make_ends_figure, open_ends
from convexscan.figure import make_figure
from convexscan.result import ResultError
from convexscan.result import open as open_result

FORMATS = (".png", ".pdf", ".svg", ".html")


def one_line(message):
    """With control characters, as in the name of a file, as '?': what convexscan itself does."""
    return "".join("?" if unicodedata.category(c) == "Cc" else c for c in str(message))


UNWRITTEN = "stdout cannot be written"


def complain(what):
    print(f"convexscan-plot: {one_line(what)}", file=sys.stderr)


def show(text):
    """Prints a line; what is no text in this place's encoding with its bytes escaped. Returns
    whether it came to stdout."""
    if sys.stdout is None:  # it was closed before the program began
        return False
    encoding = sys.stdout.encoding or "utf-8"
    try:
        print(text.encode(encoding, "backslashreplace").decode(encoding), flush=True)
    except OSError:
        return False
    return True


def drop_unwritten():
    """Python tries again when it ends to write what did not come to stdout, and complains in lines
    of its own."""
    try:
        sys.stdout.flush()
    except (AttributeError, OSError):
        with contextlib.suppress(AttributeError, OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        complain(f"{message}; see {self.prog} --help")
        sys.exit(2)

    def print_help(self, file=None):
        if not show(self.format_help().rstrip("\n")):
            complain(UNWRITTEN)
            sys.exit(1)


def parse(arguments):
    parser = _Parser(
        prog="convexscan-plot",
        description="Draw a result of convexscan grid, segments or convexify.",
    )
    parser.add_argument(
        "result",
        nargs="+",
        help="result files, as scan.nc; an .npz of ends with their widths; or a folder: all in it",
    )
    parser.add_argument(
        "-o", "--output", help="picture.png, .pdf, .svg or .html [beside the result]"
    )
    parser.add_argument(
        "-q",
        "--quantity",
        action="append",
        default=[],
        help="what to draw, several with commas [loss, min_eigenvalue, verdict, kink_mass, "
        "convexity_gap]",
    )
    parser.add_argument("--kind", choices=("auto", "contour", "surface", "lines"), default="auto")
    parser.add_argument(
        "--log", choices=("auto", "on", "off"), default="auto", help="scale of colours and heights"
    )
    parser.add_argument("--title", help="instead of model and objective")
    parser.add_argument("--overwrite", action="store_true", help="replace an existing picture")
    options = parser.parse_args(arguments)
    if options.output is not None:
        if len(options.result) > 1 or os.path.isdir(options.result[0]):
            parser.error("-o names one picture; those of several results go beside them")
        if os.path.splitext(options.output)[1].lower() not in FORMATS:
            parser.error(f"{options.output}: give a name that ends in .png, .pdf, .svg or .html")
    options.quantity = [name for text in options.quantity for name in text.split(",")]
    return options


def results(paths):
    """The files themselves, and every result of a folder in the order of their names."""
    found = []
    for path in paths:
        if not os.path.isdir(path):
            found.append(path)
            continue
        inside = [os.path.join(path, name) for name in sorted(os.listdir(path))]
        inside = [name for name in inside if name.endswith(".nc") or holds_ends(name)]
        if not inside:
            raise ResultError(f"{path}: there is no result, *.nc, in this folder")
        found += inside
    return found


class SameFileError(ResultError):
    """A picture that would replace a result."""


def same_file(a, b):
    try:
        return os.path.samefile(a, b)
    except OSError:  # one of them is not there
        return False


def check_inputs(picture, paths):
    for path in paths:
        if same_file(picture, path):
            raise SameFileError(f"{picture}: is read as {path} too; give another name with -o")


def check_output(path, overwrite):
    folder = os.path.dirname(path) or "."
    if os.path.isfile(folder):
        raise ResultError(f"{path}: {folder} is a file, not a folder; choose another folder")
    if not os.path.isdir(folder):
        raise ResultError(f"{path}: the folder {folder} does not exist; make it first")
    if os.path.isdir(path):
        raise ResultError(f"{path}: is a folder; give a file name")
    if os.path.exists(path) and not overwrite:
        raise ResultError(f"{path}: already exists; choose another name or add --overwrite")


def figure_of(options, path):
    """The figure of one result."""
    if path.endswith(".npz"):
        if options.quantity or options.kind != "auto":
            raise ResultError(f"{path}: ends are drawn whole; leave --quantity and --kind out")
        return make_ends_figure(open_ends(path), options.title)
    dataset = open_result(path)
    return make_figure(dataset, options.quantity, options.kind, options.log, options.title)


def save(options, path, output):
    """Writes beside the final name and renames when whole."""
    folder, name = os.path.split(output)
    stem, extension = os.path.splitext(name)
    # Longer than the name itself, which may be as long as a name can be.
    temporary = os.path.join(folder, f"{stem[:60]}.{os.getpid()}{extension}")
    try:
        if extension.lower() == ".html":
            from convexscan.page import make_page  # plotly takes its time to load

            page = make_page(open_result(path), options.quantity, options.log, options.title)
            with open(temporary, "w", encoding="utf-8") as file:
                file.write(page)
        else:
            figure = figure_of(options, path)
            figure.savefig(temporary, dpi=200, format=extension[1:].lower())
        os.replace(temporary, output)
    except OSError as error:
        raise ResultError(f"{output}: cannot be written ({error.strerror})") from None
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary)


def draw(arguments=None):
    """Runs the program; returns its exit code."""
    try:
        return run(parse(arguments))
    finally:
        drop_unwritten()


def run(options):
    try:
        pictures = [
            (path, options.output or os.path.splitext(path)[0] + ".png")
            for path in results(options.result)
        ]
        for _, picture in pictures:
            check_inputs(picture, [path for path, _ in pictures])
            check_output(picture, options.overwrite)
        written = True
        for path, picture in pictures:
            save(options, path, picture)
            written = show(picture) and written
        if not written:
            raise ResultError(UNWRITTEN)
    except ResultError as error:
        complain(error)
        return 2 if isinstance(error, SameFileError) else 1
    return 0
