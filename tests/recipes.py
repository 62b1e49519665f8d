#!/usr/bin/env python3
"""Tests packaging/recipes with files that only have the names of packages.

Usage: recipes.py. Exits with status 1 and a line if a result is wrong.
"""
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import yaml

PROGRAM = pathlib.Path(__file__).parent.parent / "packaging" / "recipes"
URL = "https://example.org/packages"


def expect(what, found, expected):
    if found != expected:
        sys.exit(f"{what}: {found!r}, expected {expected!r}")


def write(folder, *names):
    """The recipes for archives with these names, and the digest of each archive."""
    archives = [folder / name for name in names]
    for archive in archives:
        archive.write_text(archive.name, encoding="utf-8")
    done = subprocess.run([PROGRAM, URL + "/", folder / "out", *archives], check=False,
                          stderr=subprocess.PIPE, text=True)
    return done, {archive.name: hashlib.sha256(archive.read_bytes()).hexdigest()
                  for archive in archives}


def main(folder):
    windows = "sockbox-1.2.3-windows-x86_64.zip"
    linux = [f"sockbox-1.2.3-linux-{machine}.tar.gz" for machine in ("x86_64", "aarch64")]
    done, digests = write(folder, windows, *linux)
    expect("status", (done.returncode, done.stderr), (0, ""))
    out = folder / "out"

    scoop = json.loads((out / "scoop/sockbox.json").read_text())
    expect("scoop", scoop["architecture"]["64bit"],
           {"url": f"{URL}/{windows}", "hash": digests[windows]})
    expect("scoop: folder", scoop["extract_dir"], "sockbox-1.2.3-windows-x86_64")

    parts = [yaml.safe_load(path.read_text()) for path in (out / "winget").iterdir()]
    expect("winget", sorted(part["ManifestType"] for part in parts),
           ["defaultLocale", "installer", "version"])
    expect("winget: version", {part["PackageVersion"] for part in parts}, {"1.2.3"})
    installer = next(part for part in parts if part["ManifestType"] == "installer")
    expect("winget: installer", installer["Installers"],
           [{"Architecture": "x64", "InstallerUrl": f"{URL}/{windows}",
             "InstallerSha256": digests[windows].upper()}])
    aliases = [file["PortableCommandAlias"] for file in installer["NestedInstallerFiles"]]
    expect("winget: commands", [f"bin/{alias}.exe" for alias in aliases], scoop["bin"])

    formula = (out / "homebrew/sockbox.rb").read_text()
    expect("homebrew", re.findall(r'(on_\w+) do\n +url "(.*)"\n +sha256 "(.*)"', formula),
           [(system, f"{URL}/{name}", digests[name])
            for system, name in zip(("on_intel", "on_arm"), linux)])
    expect("homebrew: blocks", len(re.findall(r"^ *end$", formula, re.M)),
           len(re.findall(r"^ *(?:class|def|.* do$)", formula, re.M)))

    for names in ([windows, "sockbox-1.2.4-linux-x86_64.tar.gz"], ["sockbox.zip"]):
        done, _ = write(folder, *names)
        expect(names, (done.returncode, done.stderr.count("\n")), (1, 1))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        main(pathlib.Path(name))
