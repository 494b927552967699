"""CSV files of the selected points. Equal results give equal files, whatever ran where and when."""

import csv
import os

from .database import AXIS_COLUMNS
from .figures import LAYER_FIGURES, POINT_FIGURES

_POINT_COLUMNS = (*AXIS_COLUMNS, "status", "error", *POINT_FIGURES)
_LAYER_COLUMNS = (*AXIS_COLUMNS, "layer_index", "layer_name", "t_rows", "n_elements", "m_columns",
                  "repeat_count", *LAYER_FIGURES)


def export_csv(database, folder):
    """Writes points.csv and layers.csv; returns their paths. A figure that is not known is empty."""
    return [
        _write(os.path.join(folder, "points.csv"), _POINT_COLUMNS, database.rows(_POINT_COLUMNS)),
        _write(os.path.join(folder, "layers.csv"), _LAYER_COLUMNS, database.layer_rows(_LAYER_COLUMNS)),
    ]


def _write(path, columns, rows):
    partial = path + ".partial"
    with open(partial, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
    os.replace(partial, path)
    return path
