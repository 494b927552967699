"""The results: one SQLite database, written by the driver alone.

A rollback journal and full synchronisation: what is committed survives kill -9 and power loss, also on
network file systems, where a write-ahead log does not work. One transaction per batch of points.
"""

import fcntl
import os
import sqlite3
import time
from contextlib import contextmanager

from .axes import ROWS
from .errors import SweepError
from .figures import LAYER_FIGURES, POINT_FIGURES

SCHEMA_VERSION = 2
_CACHE_KIB = 256 * 1024  # taken as far as it is needed: the index of a million points
# Somebody who reads the database holds commits up for so long at most.
_PATIENCE_S = 300

# The columns of axes that are not called as these.
_COLUMNS = {"rows": "array_rows", "cols": "array_cols", "sample_tiles": "sample_tiles_count"}


def _is_text(axis):
    """Whether a word may stand in its column; else a missing value is NULL."""
    return bool(axis.type in ("choice", "integers", "text") or axis.words
                or axis.absent_word in ("auto", "default"))


#: (column, SQL type) of the axes, in the order of point.Point
_POINT_AXES = tuple(
    (_COLUMNS.get(name, name),
     "TEXT" if _is_text(axis) else "REAL" if axis.type == "number" else "INTEGER")
    for name, axis in ROWS.items())
AXIS_COLUMNS = tuple(column for column, _ in _POINT_AXES)
# NUMERIC: counts up to 2^63-1 stay exact integers.
_FIGURE_TYPE = "NUMERIC"


def _figure_columns(names):
    return ", ".join(f"{name} {_FIGURE_TYPE}" for name in names)


_SCHEMA = f"""
CREATE TABLE points (
  point_id INTEGER PRIMARY KEY,
  point_key TEXT NOT NULL UNIQUE,
  model_version TEXT NOT NULL,
  {", ".join(f"{column} {kind}" for column, kind in _POINT_AXES)},
  status TEXT NOT NULL CHECK (status IN ('done', 'failed')),
  error TEXT,
  {_figure_columns(POINT_FIGURES)},
  elapsed_s REAL NOT NULL,
  finished_unix_s REAL NOT NULL
);
CREATE TABLE workload_layers (
  workload_id TEXT NOT NULL,
  layer_index INTEGER NOT NULL,
  layer_name TEXT NOT NULL,
  t_rows INTEGER NOT NULL, n_elements INTEGER NOT NULL, m_columns INTEGER NOT NULL,
  repeat_count INTEGER NOT NULL,
  PRIMARY KEY (workload_id, layer_index)
) WITHOUT ROWID;
CREATE TABLE point_workloads (
  point_id INTEGER PRIMARY KEY REFERENCES points, workload_id TEXT NOT NULL
);
CREATE TABLE layers (
  point_id INTEGER NOT NULL REFERENCES points,
  layer_index INTEGER NOT NULL,
  {_figure_columns(LAYER_FIGURES)},
  PRIMARY KEY (point_id, layer_index)
) WITHOUT ROWID;
CREATE TABLE runs (
  run_id INTEGER PRIMARY KEY,
  space_name TEXT NOT NULL,
  started_unix_s REAL NOT NULL,
  finished_unix_s REAL,
  points_count INTEGER NOT NULL,
  points_found_count INTEGER NOT NULL,
  points_run_count INTEGER NOT NULL DEFAULT 0,
  points_failed_count INTEGER NOT NULL DEFAULT 0
);
CREATE VIEW layer_results AS
  SELECT points.point_id, {", ".join(f"points.{column}" for column in AXIS_COLUMNS)},
         layers.layer_index, layer_name, t_rows, n_elements, m_columns, repeat_count,
         {", ".join(f"layers.{name}" for name in LAYER_FIGURES)}
  FROM layers JOIN points USING (point_id) JOIN point_workloads USING (point_id)
  JOIN workload_layers USING (workload_id, layer_index);
"""

_NO_FIGURES = (None,) * len(POINT_FIGURES)
_POINT_COLUMNS = ("point_id", "point_key", "model_version", *AXIS_COLUMNS, "status", "error",
                  *POINT_FIGURES, "elapsed_s", "finished_unix_s")
_INSERT_POINT = (f"INSERT INTO points ({', '.join(_POINT_COLUMNS)}) "
                 f"VALUES ({', '.join('?' * len(_POINT_COLUMNS))})")


def axis_values(point):
    """A point as the table has it; texts where None stands for a word."""
    return tuple(_text_of(axis, value) if _is_text(axis) else value
                 for axis, value in zip(ROWS.values(), point))


def _text_of(axis, value):
    if value is None:
        return axis.absent_word or None
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


class Database:
    """results.sqlite in the output folder."""

    def __init__(self, folder):
        """Creates what is missing. Raises SweepError: a folder that cannot be used, a sweep that runs
        there already, a database of another schema."""
        try:
            os.makedirs(folder, exist_ok=True)
            self._lock = open(os.path.join(folder, "sweep.lock"), "w", encoding="utf-8")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            raise SweepError(f"{folder}: another sweep is writing there") from None
        except OSError as error:
            raise SweepError(f"--out {folder}: {error}") from None
        self.path = os.path.join(folder, "results.sqlite")
        try:
            self._db = self._open()
        except (sqlite3.Error, SweepError) as error:
            self._lock.close()
            raise SweepError(str(error) if isinstance(error, SweepError)
                             else f"{self.path}: {error}") from None
        self._run_id = None

    def _open(self):
        db = sqlite3.connect(self.path, isolation_level=None, timeout=_PATIENCE_S)
        db.execute("PRAGMA synchronous = FULL")
        db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        with _transaction(db):  # two drivers cannot get here at a time: the lock above
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                for statement in _SCHEMA.split(";\n"):
                    if statement.strip():
                        db.execute(statement)
                db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            elif version != SCHEMA_VERSION:
                raise SweepError(f"{self.path}: has schema {version}, this program needs "
                                 f"{SCHEMA_VERSION}; choose another --out")
            self._require_figures(db)
        return db

    def _require_figures(self, db):
        """The model's table of figures decides on the columns; another version has others."""
        for table, expected in (("points", _POINT_COLUMNS),
                                ("layers", ("point_id", "layer_index", *LAYER_FIGURES))):
            columns = {row[1] for row in db.execute(f"PRAGMA table_info({table})")}
            others = columns.symmetric_difference(expected)
            if others:
                raise SweepError(f"{self.path}: its table {table} is of another version of the model, "
                                 f"which differs in {', '.join(sorted(others))}; choose another --out")

    def close(self):
        self._db.close()
        self._lock.close()

    def select_points(self, keys):
        """Makes these the points that finished(), rows() and layer_rows() speak of."""
        with _transaction(self._db):
            self._db.execute("DROP TABLE IF EXISTS temp.selected")
            self._db.execute("CREATE TEMP TABLE selected (point_key TEXT PRIMARY KEY) WITHOUT ROWID")
            self._db.executemany("INSERT INTO selected VALUES (?)", ((key,) for key in sorted(keys)))

    def finished(self, with_failed=True):
        """Keys of the selected points that have results (or have failed)."""
        condition = "" if with_failed else "WHERE status = 'done'"
        query = f"SELECT point_key FROM points JOIN selected USING (point_key) {condition}"
        return {key for (key,) in self._db.execute(query)}

    def begin_run(self, space_name, point_count, found_count):
        cursor = self._db.execute(
            "INSERT INTO runs (space_name, started_unix_s, points_count, points_found_count) "
            "VALUES (?, ?, ?, ?)", (space_name, time.time(), point_count, found_count))
        self._run_id = cursor.lastrowid

    def end_run(self):
        self._db.execute("UPDATE runs SET finished_unix_s = ? WHERE run_id = ?",
                         (time.time(), self._run_id))

    def forget(self, keys):
        """Removes failed points, so that they can run again."""
        with _transaction(self._db):
            # Rows that refer to a point go with it: its number is given again.
            failed = "WHERE point_key = ? AND status = 'failed'"
            for statement in (f"DELETE FROM point_workloads WHERE point_id IN "
                              f"(SELECT point_id FROM points {failed})", f"DELETE FROM points {failed}"):
                self._db.executemany(statement, ((key,) for key in keys))

    def add_workload(self, workload_id, layers):
        """`layers`: (name, t, n, m, repeat) tuples."""
        with _transaction(self._db):
            self._db.executemany(
                "INSERT OR IGNORE INTO workload_layers VALUES (?, ?, ?, ?, ?, ?, ?)",
                ((workload_id, i, *layer) for i, layer in enumerate(layers)))

    def add(self, result, workload_ids):
        """Commits a BatchResult: all of it or nothing. A point that is there already is an error: it
        must not have run again."""
        with _transaction(self._db):
            ids = self._add_points(result)
            self._db.executemany(
                "INSERT INTO point_workloads VALUES (?, ?)",
                [(ids[i], workload_ids[point.workload]) for i, point in enumerate(result.points)])
            for layers in result.layers:
                self._add_layers(layers, ids)
            failed = sum(error is not None for error in result.errors)
            self._db.execute(
                "UPDATE runs SET points_run_count = points_run_count + ?, "
                "points_failed_count = points_failed_count + ? WHERE run_id = ?",
                (len(ids), failed, self._run_id))

    def _add_points(self, result):
        """Their ids."""
        now = time.time()
        first = self._db.execute("SELECT coalesce(max(point_id), 0) + 1 FROM points").fetchone()[0]
        ids = list(range(first, first + len(result.points)))
        self._db.executemany(_INSERT_POINT, (
            (ids[i], result.keys[i], result.version, *axis_values(point),
             "done" if error is None else "failed", error, *(figures or _NO_FIGURES), elapsed_s, now)
            for i, (point, error, figures, elapsed_s) in enumerate(
                zip(result.points, result.errors, result.figures, result.elapsed_s))))
        return ids

    def _add_layers(self, layers, ids):
        def values(column):
            return column.tolist() if hasattr(column, "tolist") else column

        points = [ids[i] for i in values(layers.point)]
        columns = [[None] * len(points) if column is None else values(column)  # NaN becomes NULL
                   for column in layers.columns]
        marks = ", ".join("?" * (2 + len(LAYER_FIGURES)))
        self._db.executemany(f"INSERT INTO layers VALUES ({marks})",
                             zip(points, values(layers.layer), *columns))

    def rows(self, columns, condition="1"):
        """The selected points, in the order of their axes: the same for the same results, whatever
        order they came in."""
        order = ", ".join(AXIS_COLUMNS)
        return self._db.execute(
            f"SELECT {', '.join(columns)} FROM points JOIN selected USING (point_key) "
            f"WHERE {condition} ORDER BY {order}, point_key")

    def finished_figures(self, columns):
        """(point_id, columns...) of the selected points that have results, in no order."""
        return self._db.execute(f"SELECT {', '.join(('point_id', *columns))} FROM points "
                                "JOIN selected USING (point_key) WHERE status = 'done'")

    def points_of(self, ids, columns):
        """These points, in the order of their axes."""
        with _transaction(self._db):
            self._db.execute("CREATE TEMP TABLE chosen (point_id INTEGER PRIMARY KEY)")
            self._db.executemany("INSERT INTO chosen VALUES (?)", ((i,) for i in ids))
            rows = self._db.execute(f"SELECT {', '.join(columns)} FROM points JOIN chosen USING (point_id) "
                                    f"ORDER BY {', '.join(AXIS_COLUMNS)}, point_id").fetchall()
            self._db.execute("DROP TABLE chosen")
        return rows

    def layer_rows(self, columns):
        """The layers of the selected points, in the same order."""
        for row in list(self.rows(["point_id"])):  # by primary key: no sort of millions of rows
            yield from self._db.execute(
                f"SELECT {', '.join(columns)} FROM layer_results WHERE point_id = ? ORDER BY layer_index",
                row)


@contextmanager
def _transaction(db):
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # on a full disk, SQLite has rolled back already
            db.execute("ROLLBACK")
        raise
