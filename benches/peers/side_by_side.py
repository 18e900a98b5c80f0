r"""Runs the same work with a public tool and with our kernel in turn, and prints ratios.

Shared by the scripts of this folder; needs nothing but Python. The public tools come from the
virtual environment whose Python the variable PEERS_PYTHON names, for instance

    python3 -m venv .venv && .venv/bin/pip install numpy shapely geopandas rasterio pyogrio \
        pyarrow connected-components-3d exactextract scikit-learn zarr
    PEERS_PYTHON=.venv/bin/python make peers

A tool that is not there is said to be absent, and the rest is measured all the same.

How it is measured: every run is a process of its own, pinned to one processor and one thread; ours
and the tool's alternate. The figure is the processor time of the step itself (imports and reading
of inputs are not counted), the median of the runs; the ratio is the median of the ratios of
neighbouring runs, with the lowest and the highest. Memory is the peak of the whole process during
the step.
"""

import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
ENV = dict(os.environ, RAYON_NUM_THREADS="1", OMP_NUM_THREADS="1", GDAL_NUM_THREADS="1",
           OPENBLAS_NUM_THREADS="1")


def build(package="benches", program="peers"):
    """Builds a program of ours and returns its path."""
    command = ["cargo", "build", "--release", "--locked", "-p", package, "--bin", program]
    subprocess.run(command, cwd=ROOT, check=True)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return str(target / "release" / program)


def peers_python():
    """The Python that has the public tools."""
    return os.environ.get("PEERS_PYTHON", sys.executable)


def pinned():
    """In a child: only the last of the allowed processors."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def run(command, pin=True, env=ENV):
    """Runs a command that prints one line of JSON; a dictionary, or the last line of its error."""
    done = subprocess.run(command, capture_output=True, text=True, env=env,
                          preexec_fn=pinned if pin else None, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        return lines[-1]
    return json.loads(done.stdout)


def compare(ours, peer, runs):
    """Alternates two commands; the two lists of results, the second maybe with an error message."""
    pairs = [[], []]
    for _ in range(runs):
        for side, command in enumerate((ours, peer)):
            result = run(command)
            if isinstance(result, str):
                return pairs, result
            pairs[side].append(result)
    return pairs, None


def row(work, tool, goal, pairs, scale=1.0):
    """One line of the table; `scale` is our amount of work in terms of the tool's."""
    ours, peer = pairs
    ratios = [p["cpu_s"] * scale / o["cpu_s"] for o, p in zip(ours, peer)]
    ratio = statistics.median(ratios)
    seconds = [statistics.median(r["cpu_s"] for r in side) for side in pairs]
    memory = [max(r["peak_mb"] for r in side) for side in pairs]
    spread = f"{min(ratios):.1f} to {max(ratios):.1f}" if len(ratios) > 1 else "one run"
    verdict = "" if ratio >= goal else " (missed)"
    return (f"| {work} | {seconds[0]:.2f} | {tool} | {seconds[1] * scale:.2f} "
            f"| {ratio:.1f} ({spread}) | {goal}{verdict} | {memory[0]:.0f} / {memory[1]:.0f} |")


HEADER = """| work | ours, CPU s | public tool | CPU s | ratio (range) | goal | peak MB, ours / tool |
|---|---|---|---|---|---|---|"""


def timed(work, facts):
    """In a tool's process: runs `work` once and prints what it cost, with facts of its result."""
    try:
        pathlib.Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        pass  # The peak then counts the reading of the inputs as well.
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    status = pathlib.Path("/proc/self/status").read_text(encoding="ascii")
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    cost = {"cpu_s": cpu, "wall_s": wall, "peak_mb": int(peak.split()[1]) * 1024 / 1e6}
    print(json.dumps({**cost, "result": facts(result)}))


def polygons(folder, name):
    """In a tool's process: polygons that our program wrote, in metres."""
    import numpy
    import shapely

    read = {what: numpy.load(f"{folder}/{name}_{what}.npy")
            for what in ("corners", "rings", "polygons")}
    offsets = (read["rings"], read["polygons"])
    kind = shapely.GeometryType.POLYGON
    return shapely.from_ragged_array(kind, read["corners"] / 100.0, offsets)


def cost(command, name=None, pin=False, env=None):
    """What a command took, its end included, and what it said.

    Processor and elapsed seconds, peak memory, bytes through the disk: the operating system's own
    account of the process. One that fails ends this script, with its name and its words.
    """
    since = time.perf_counter()
    with subprocess.Popen(command, env=env, preexec_fn=pinned if pin else None,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as done:
        said = done.stderr.read()
        _, status, used = os.wait4(done.pid, 0)
        done.returncode = os.waitstatus_to_exitcode(status)
    if done.returncode:
        sys.exit(f"{name or pathlib.Path(command[0]).name}: {said}")
    took = {"cpu_s": used.ru_utime + used.ru_stime, "wall_s": time.perf_counter() - since,
            "peak_mb": used.ru_maxrss * 1024 / 1e6, "read_mb": used.ru_inblock * 512 / 1e6,
            "written_mb": used.ru_oublock * 512 / 1e6}
    return took, said.strip()


def measured(name, command):
    """Runs a command and prints its line of the table."""
    took, said = cost(command, name)
    print(f"| {name} | {took['wall_s']:.0f} | {took['cpu_s']:.0f} | {took['peak_mb']:.0f} |", flush=True)
    return said


@contextlib.contextmanager
def prepared(script, args):
    """A folder of generated coverages and of what `script --prepare` makes of them.

    `args` tells the polygons along a side and the folder to keep, if one is to be kept.
    """
    peers = build()
    with tempfile.TemporaryDirectory(dir=pathlib.Path(peers).parents[1]) as temporary:
        folder = args.keep or pathlib.Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        made = run([peers, "make-coverages", str(folder / "coverage"), str(args.side), "20"], pin=False)
        if isinstance(made, str):
            sys.exit(made)
        subprocess.run([peers_python(), script, "--prepare", str(folder), "--side", str(args.side)],
                       check=True)
        yield folder
