"""The version of the model: what its numbers depend on besides the point.

The release number, and a hash of the content of the extension module with its Python files and of the
code here that turns its answers into figures. So a rebuilt model that has changed is another version, and one that was rebuilt without change is not.
"""

import functools
import glob
import hashlib
import os

# The code that turns the model's answers into figures.
_FIGURES_SOURCES = ("evaluate.py", "figures.py", "networks.py", "point.py")


def _hash_files(paths):
    digest = hashlib.sha256()
    for path in sorted(paths, key=os.path.basename):
        with open(path, "rb") as file:
            content = file.read()
        digest.update(f"{os.path.basename(path)} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def _figures_sources():
    folder = os.path.dirname(os.path.abspath(__file__))
    return [os.path.join(folder, name) for name in _FIGURES_SOURCES]


@functools.lru_cache(maxsize=None)
def module_version():
    """The version of all points."""
    import arrayflex

    folder = os.path.dirname(os.path.abspath(arrayflex.__file__))
    package = glob.glob(os.path.join(folder, "*.py")) + glob.glob(os.path.join(folder, "_core*.so"))
    return f"{arrayflex.__version__}-module-{_hash_files(package + _figures_sources())[:16]}"
