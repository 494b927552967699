"""Design exploration: the parts of scripts/sweep.py (docs/exploration.md)."""
