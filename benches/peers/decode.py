#!/usr/bin/env python3
r"""Measures how near classifying an ortho comes to merely decoding it.

The decode limit of an ortho is the processor time that GDAL takes, through rasterio, to read every
band of every file once, on one thread. Ours is the processor time of the stages `ingest` and
`classify` on one thread, processes and all: survey of the inputs, cells, evidence and prior,
features, prediction, the cube on disk, hashes of inputs and outputs. The model is given; learning
one is measured apart, since it does not grow with the ortho.

    PEERS_PYTHON=.venv/bin/python benches/peers/decode.py [--size-m 2000] [--runs 3] [--keep DIR]

The ortho is a generated one of 0.2 m (RVB and IRC, 8 bits), written again as tiles of 512 pixels
in ZSTD and DEFLATE, both with the horizontal predictor, and as JPEG2000 where the driver is there.
"""

import argparse
import json
import pathlib
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile

from side_by_side import ENV, build, peers_python, pinned, run, timed

CODECS = {
    "ZSTD": {"driver": "GTiff", "compress": "ZSTD", "predictor": 2, "tiled": True,
             "blockxsize": 512, "blockysize": 512},
    "DEFLATE": {"driver": "GTiff", "compress": "DEFLATE", "predictor": 2, "tiled": True,
                "blockxsize": 512, "blockysize": 512},
    "JPEG2000": {"driver": "JP2OpenJPEG", "QUALITY": "25", "REVERSIBLE": "NO",
                 "BLOCKXSIZE": "1024", "BLOCKYSIZE": "1024"},
}
GOALS = {"ZSTD": 0.5, "DEFLATE": 0.5, "JPEG2000": 0.9}


def decode(folder):
    """In rasterio's process: every band of every file, once."""
    import rasterio

    files = sorted(pathlib.Path(folder).rglob("*.*"))

    def work():
        pixels = 0
        for path in files:
            with rasterio.open(path) as source:
                pixels += source.read().shape[1] * source.width
        return pixels

    timed(work, lambda pixels: pixels)


def convert(source, target, codec):
    """In rasterio's process: every tile of a folder in another codec; prints whether it could."""
    import rasterio
    from rasterio.drivers import raster_driver_extensions
    from rasterio.shutil import copy

    options = dict(CODECS[codec])
    driver = options.pop("driver")
    can_write = driver in set(raster_driver_extensions().values())
    end = "jp2" if codec == "JPEG2000" else "tif"
    tiles = [path for product in ("rvb", "irc") for path in (pathlib.Path(source) / product).glob("*.tif")]
    for path in sorted(tiles) if can_write else []:
        to = pathlib.Path(target) / path.parent.name / f"{path.stem}.{end}"
        to.parent.mkdir(parents=True, exist_ok=True)
        copy(path, to, driver=driver, **options)
    print(json.dumps({"can_write": can_write}))


def sample(program, folder, size_m):
    """A generated territory, and its configuration with the imagery of one date and no heights."""
    command = [program, "sample", "--size-m", str(size_m), "--seed", "7", "--out", str(folder)]
    subprocess.run(command, check=True, env=ENV, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    text = (folder / "config.yaml").read_text(encoding="utf-8")
    text = re.sub(r"\n  imagery:\n(    .*\n)+", "\n", text)
    return re.sub(r"\n  mnh: .*", "", text)


def cpu_s(command):
    """Processor seconds of a command, its end included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, env=ENV, preexec_fn=pinned, capture_output=True, text=True,
                          check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def ours(program, config, out):
    """Processor seconds of both stages, from nothing."""
    shutil.rmtree(out, ignore_errors=True)
    command = [program, "run", str(config), "--threads", "1", "--out", str(out)]
    ingest = cpu_s([*command, "--to", "ingest"])
    return ingest, cpu_s([*command, "--to", "classify"])


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
    print("| codec | Mpx | decode, CPU s | ingest | classify | share of the decode limit (range) | goal |")
    print("|---|---|---|---|---|---|---|")
    for codec in args.codecs.split(","):
        tiles = ground / f"tiles_{codec.lower()}"
        if not tiles.exists():
            done = run([peers_python(), here, "--convert", str(ground / "imagery"), str(tiles),
                        codec], pin=False)
            if isinstance(done, str) or not done["can_write"]:
                print(f"| {codec} | no driver that writes it | | | | | |")
                continue
        end = "jp2" if codec == "JPEG2000" else "tif"
        config = ground / f"config_{codec.lower()}.yaml"
        config.write_text(re.sub(r"imagery/(rvb|irc)/\*\.tif", rf"{tiles.name}/\1/*.{end}", given),
                          encoding="utf-8")
        rows = [(run([peers_python(), here, "--decode", str(tiles / "rvb"), str(tiles / "irc")]),
                 ours(program, config, folder / "out")) for _ in range(args.runs)]
        shares = [limit["cpu_s"] / sum(own) for limit, own in rows]
        share, goal = statistics.median(shares), GOALS[codec]
        mean = [statistics.median(column) for column in
                ([limit["cpu_s"] for limit, _ in rows], [own[0] for _, own in rows],
                 [own[1] for _, own in rows])]
        verdict = "" if share >= goal else " (missed)"
        print(f"| {codec} | {rows[0][0]['result'] / 1e6:.0f} | {mean[0]:.2f} | {mean[1]:.2f} "
              f"| {mean[2]:.2f} | {share:.0%} ({min(shares):.0%} to {max(shares):.0%}) "
              f"| {goal:.0%}{verdict} |", flush=True)


def learn(program, ground, text, learned):
    """Learns a model on the sample and says what that took."""
    config, out = ground / "config_learn.yaml", ground / "out_learn"
    config.write_text(text, encoding="utf-8")
    ingest, classify = ours(program, config, out)
    shutil.copy(next(out.rglob("model_*.json")), learned)
    shutil.rmtree(out)
    print(f"ingest {ingest:.2f} CPU s, learning and prediction {classify:.2f} CPU s (not below)\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--decode"]:
        decode_folders = sys.argv[2:]
        import os

        decode(os.path.commonpath(decode_folders))
    elif sys.argv[1:2] == ["--convert"]:
        convert(*sys.argv[2:5])
    else:
        main()
