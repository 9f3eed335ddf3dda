"""The virtual environment in which other packages' samplers run, with the Torch, NumPy and SciPy of this one."""
import importlib.util
import os
import pathlib
import subprocess
import sys
import venv

HERE = pathlib.Path(__file__).resolve().parent
REQUIREMENTS = HERE / 'requirements-peers.txt'


def peer_python(folder):
    """Python of the environment in this folder, made where it is missing or was made from another list than requirements-peers.txt."""
    python, stamp = folder / 'bin' / 'python', folder / 'requirements.txt'
    if not stamp.exists() or stamp.read_text() != REQUIREMENTS.read_text():
        print(f'Installing the peers into {folder}', file=sys.stderr, flush=True)
        venv.create(folder, clear=True, with_pip=True)
        subprocess.run([python, '-m', 'pip', 'install', '--quiet', '--no-deps', '-r', REQUIREMENTS], check=True)
        stamp.write_text(REQUIREMENTS.read_text())
    return python


def peer_variables(threads=1):
    """Variables of the processes in it."""
    torch = importlib.util.find_spec('torch').submodule_search_locations[0]
    paths = os.pathsep.join([str(pathlib.Path(torch).parent), os.environ.get('PYTHONPATH', '')])
    return {**os.environ, 'PYTHONPATH': paths, 'OMP_NUM_THREADS': str(threads)}


def enter(folder, threads=1):
    """Goes on as the running script, from its first line, in that environment; returns there."""
    python = peer_python(folder)
    if pathlib.Path(sys.prefix).resolve() != folder.resolve():
        os.execve(python, [str(python), *sys.argv], peer_variables(threads))
