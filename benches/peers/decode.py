#!/usr/bin/env python3
r"""Measures how near classifying an ortho comes to merely decoding it.

The decode limit of an ortho is the processor time that GDAL takes, through rasterio, to read every
band of every file once, on one thread. Ours is the processor time of one run of the stages `ingest`
and `classify` on one thread, the whole process: survey of the inputs, cells, evidence and prior,
features, prediction, the cube on disk, hashes of inputs and outputs. The model is given; learning
one is measured apart, since it does not grow with the ortho.

    PEERS_PYTHON=.venv/bin/python benches/peers/decode.py [--size-m 2000] [--runs 3] [--keep DIR]

The ortho is a generated one of 0.2 m (RVB and IRC, 8 bits), written again as tiles of 512 pixels
in ZSTD and DEFLATE, both with the horizontal predictor, and as JPEG2000, by `gdal_translate`.

A second table tells whether reading overlaps computing. The same run with one and with two threads,
elapsed time beside processor time: with two threads the elapsed time would be half the processor
time if no thread ever waited for a file or for the other. `cold` means that the pages of the tiles
were dropped from the system's cache before the run.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

from side_by_side import ENV, build, cost, peers_python, run, timed

TILES = ["TILED=YES", "BLOCKXSIZE=512", "BLOCKYSIZE=512", "PREDICTOR=2"]
# The driver of a codec, and how it is asked to write.
CODECS = {
    "ZSTD": ("GTiff", [*TILES, "COMPRESS=ZSTD"]),
    "DEFLATE": ("GTiff", [*TILES, "COMPRESS=DEFLATE"]),
    "JPEG2000": ("JP2OpenJPEG", ["QUALITY=25", "REVERSIBLE=NO", "BLOCKXSIZE=1024",
                                 "BLOCKYSIZE=1024"]),
}
GOALS = {"ZSTD": 0.5, "DEFLATE": 0.5, "JPEG2000": 0.9}


def decode(folder):
    """In rasterio's process: every band of every file, once."""
    import rasterio

    files = sorted(path for path in pathlib.Path(folder).rglob("*.*") if path.is_file())

    def work():
        pixels = 0
        for path in files:
            with rasterio.open(path) as source:
                pixels += source.read().shape[1] * source.width
        return pixels

    timed(work, lambda pixels: pixels)


def convert(source, target, codec):
    """Every tile of a folder in another codec; whether it could be done."""
    driver, options = CODECS[codec]
    if not shutil.which("gdal_translate"):
        return False
    for path in sorted(source.glob("rvb/*.tif")) + sorted(source.glob("irc/*.tif")):
        to = target / path.parent.name / f"{path.stem}.{ending(codec)}"
        to.parent.mkdir(parents=True, exist_ok=True)
        wanted = [part for option in options for part in ("-co", option)]
        command = ["gdal_translate", "-q", "-of", driver, *wanted, str(path), str(to)]
        done = subprocess.run(command, check=False, stderr=subprocess.DEVNULL,
                              env=dict(os.environ, GDAL_PAM_ENABLED="NO"))
        if done.returncode:
            shutil.rmtree(target)
            return False
    return True


def ending(codec):
    """The ending of the files of a codec."""
    return "jp2" if codec == "JPEG2000" else "tif"


def sample(program, folder, size_m):
    """A generated territory, and its configuration with the imagery of one date and no heights."""
    command = [program, "sample", "--size-m", str(size_m), "--seed", "7", "--out", str(folder)]
    subprocess.run(command, check=True, env=ENV, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    text = (folder / "config.yaml").read_text(encoding="utf-8")
    text = re.sub(r"\n  imagery:\n(    .*\n)+", "\n", text)
    return re.sub(r"\n  mnh: .*", "", text)


def ours(program, config, out, threads=1):
    """The cost of both stages in one run, from nothing, with the elapsed time of each."""
    shutil.rmtree(out, ignore_errors=True)
    command = [program, "run", str(config), "--threads", str(threads), "--out", str(out)]
    whole, _ = cost([*command, "--to", "classify"], pin=threads == 1, env=ENV)
    summary = json.loads(next(out.rglob("run.json")).read_text(encoding="utf-8"))
    stages = {stage["stage"]: stage["seconds"] for stage in summary["stages"]}
    return {**whole, **stages}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--size-m", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--keep", type=pathlib.Path, help="a folder to work in and leave")
    parser.add_argument("--program", help="a built millesime, in the place of building one")
    parser.add_argument("--codecs", default=",".join(CODECS))
    args = parser.parse_args()
    program = args.program or build("pipeline", "millesime")
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.keep or pathlib.Path(temporary)
        measure(program, folder, args)


def measure(program, folder, args):
    """Prints the table."""
    ground, here = folder / "sample", str(pathlib.Path(__file__).resolve())
    stored = folder / "config.txt"
    if not stored.exists():
        stored.write_text(sample(program, ground, args.size_m), encoding="utf-8")
    text = stored.read_text(encoding="utf-8")
    learned = folder / "model.json"
    if not learned.exists():
        learn(program, ground, text, learned)
    given = f"model: {learned}\n" + text
    print("| codec | Mpx | decode, CPU s | ours, CPU s | ingest, classify, s | peak MB "
          "| share of the decode limit (range) | goal |")
    print("|---|---|---|---|---|---|---|---|")
    threads = ["\n| codec | pages | threads | elapsed s | CPU s | CPU / elapsed |",
               "|---|---|---|---|---|---|"]
    for codec in args.codecs.split(","):
        tiles = ground / f"tiles_{codec.lower()}"
        if not tiles.exists() and not convert(ground / "imagery", tiles, codec):
            print(f"| {codec} | no driver that writes it | | | | | | |")
            continue
        config = ground / f"config_{codec.lower()}.yaml"
        config.write_text(re.sub(r"imagery/(rvb|irc)/\*\.tif",
                                 rf"{tiles.name}/\1/*.{ending(codec)}", given), encoding="utf-8")
        rows = [(run([peers_python(), here, "--decode", str(tiles)]),
                 ours(program, config, folder / "out")) for _ in range(args.runs)]
        print(line(codec, rows), flush=True)
        threads += overlap(codec, tiles, lambda n: ours(program, config, folder / "out", n))
    print("\n".join(threads))


def line(codec, rows):
    """The line of a codec in the first table; `rows` are the limit and ours, run by run."""
    def median(key, side):
        return statistics.median(row[side][key] for row in rows)

    shares = [limit["cpu_s"] / own["cpu_s"] for limit, own in rows]
    share, goal = statistics.median(shares), GOALS[codec]
    verdict = "" if share >= goal else " (missed)"
    return (f"| {codec} | {rows[0][0]['result'] / 1e6:.0f} | {median('cpu_s', 0):.2f} "
            f"| {median('cpu_s', 1):.2f} | {median('ingest', 1):.2f}, {median('classify', 1):.2f} "
            f"| {median('peak_mb', 1):.0f} | {share:.0%} ({min(shares):.0%} to {max(shares):.0%}) "
            f"| {goal:.0%}{verdict} |")


def overlap(codec, tiles, measured):
    """The lines of a codec in the second table."""
    lines = []
    for pages in ("warm", "cold"):
        for threads in (1, 2):
            if pages == "cold":
                forget(tiles)
            own = measured(threads)
            cpu_s, wall_s = own["cpu_s"], own["wall_s"]
            lines.append(f"| {codec} | {pages} | {threads} | {wall_s:.2f} | {cpu_s:.2f} "
                         f"| {cpu_s / wall_s:.2f} |")
    return lines


def forget(folder):
    """Drops the pages of files from the system's cache."""
    for path in folder.rglob("*.*"):
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def learn(program, ground, text, learned):
    """Learns a model on the sample and says what that took."""
    config, out = ground / "config_learn.yaml", ground / "out_learn"
    config.write_text(text, encoding="utf-8")
    own = ours(program, config, out)
    shutil.copy(next(out.rglob("model_*.json")), learned)
    shutil.rmtree(out)
    print(f"ingest, learning and prediction {own['cpu_s']:.2f} CPU s, of which learning and "
          f"prediction {own['classify']:.2f} s (not below)\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--decode"]:
        decode(sys.argv[2])
    else:
        main()
