"""What breaks the cluster: a schedule, drawn from a seed, and who carries it out."""

from drill.nemesis.nemesis import Nemesis
from drill.nemesis.schedule import schedule

__all__ = ["Nemesis", "schedule"]
