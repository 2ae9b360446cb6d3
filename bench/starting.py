"""What a worker takes to start: processor time to import it, and until it says that it carries cases.

``import_seconds_of_floor``: importing the worker, against importing the four libraries alone that nothing here can do
without. Processor time of a whole interpreter, the smallest of many turns: nothing can make an import quicker than it
is, and whatever else runs makes it slower. Modules are compiled beforehand, as an installation has them.
"""

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil

from bench.contestants.shareflow import worker_command
from bench.rounds import turned

TURNS: Final = 9
STARTS: Final = 5
LIBRARIES: Final = "import temporalio.client, temporalio.worker, sqlalchemy, pydantic"
WORKER: Final = "import worker.running"
READY: Final = b"The worker carries cases"


def measured(temporal: str, ledger: str) -> dict[str, float]:
    """The figures, with a worker on this server and this ledger."""
    with _compiled() as environ:
        worker, libraries = _imported(environ)
        place = {"SHAREFLOW_DATABASE_URL": ledger, "TEMPORAL_ADDRESS": temporal}
        started = min(_started({**environ, **place}) for _ in range(STARTS))
    return {
        "import_seconds": worker,
        "import_seconds_of_floor": worker / libraries,
        "start_cpu_seconds": started,
    }


@contextmanager
def _compiled() -> Iterator[Mapping[str, str]]:
    """An environment in which every module has been compiled, wherever those of the sources may be written."""
    with tempfile.TemporaryDirectory(prefix="shareflow-bench-") as folder:
        left_out = ("PYTHONDONTWRITEBYTECODE", "SHAREFLOW_", "TEMPORAL_")
        environ = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
        environ["PYTHONPYCACHEPREFIX"] = folder
        for code in (LIBRARIES, WORKER):
            _spent_on(code, environ)
        yield environ


def _imported(environ: Mapping[str, str]) -> tuple[float, float]:
    """Processor seconds to import the worker, and the libraries alone."""
    least: dict[str, float] = {}
    for number in range(TURNS):
        for code in turned((WORKER, LIBRARIES), number):
            least[code] = min(least.get(code, float("inf")), _spent_on(code, environ))
    return least[WORKER], least[LIBRARIES]


def _spent_on(code: str, environ: Mapping[str, str]) -> float:
    before = _of_children()
    subprocess.run([sys.executable, "-c", code], env=environ, check=True)
    return _of_children() - before


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _started(environ: Mapping[str, str]) -> float:
    """Processor seconds of a worker process until it carries cases. Raises RuntimeError for one that does not."""
    errors = Path(environ["PYTHONPYCACHEPREFIX"]) / "errors.txt"
    with (
        errors.open("wb") as said,
        subprocess.Popen(worker_command(), env=environ, stdout=subprocess.PIPE, stderr=said) as process,
    ):
        try:
            assert process.stdout is not None
            if not any(line.startswith(READY) for line in process.stdout):
                raise RuntimeError(f"The worker did not start: {errors.read_text('utf-8')[-500:]}")
            times = psutil.Process(process.pid).cpu_times()
        finally:
            process.terminate()
            process.wait()
    return float(times.user + times.system)
