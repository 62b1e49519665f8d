"""Describes the machine: figures mean little without it."""
import os
import platform
from pathlib import Path


def describe():
    return {"cpu": _cpu(), "cores": len(os.sched_getaffinity(0)), "kernel": platform.release(),
            "system": _system(), "load": os.getloadavg()[0]}


def _cpu():
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _system():
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.system()


def to_text(machine):
    return (f"{machine['cores']} cores, {machine['cpu']}, Linux {machine['kernel']},"
            f" {machine['system']}, load average {machine['load']:.2f}")
