"""The Containerfile builds: held here by what it copies and installs, since no image can be had in
a test. Its own install command is run, in a folder that has only what it copies."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.pages import ROOT

TEXT = (ROOT / "Containerfile").read_text("utf-8")
STEPS = [
    tuple(step.split(" ", 1))
    for step in re.sub(r"\\\n\s*", "", TEXT).splitlines()
    if step and not step.startswith("#")
]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def of(instruction: str) -> list[str]:
    return [rest for name, rest in STEPS if name == instruction]


def test_its_python_is_one_that_the_project_supports() -> None:
    found = re.search(r"python:3\.(\d+)-slim$", of("FROM")[0])
    assert found
    assert f"Programming Language :: Python :: 3.{found[1]}" in PROJECT["project"]["classifiers"]


def test_it_runs_the_command_as_a_user_without_rights() -> None:
    assert json.loads(of("ENTRYPOINT")[0])[0] in PROJECT["project"]["scripts"]
    (user,) = of("USER")
    assert user != "root"
    assert any(f"useradd --create-home --uid 1000 {user}" in step for step in of("RUN"))


def test_its_extras_exist_and_no_secret_is_in_it() -> None:
    extras = re.findall(r"'\.\[([\w,]+)\]'", TEXT)[0].split(",")
    assert set(extras) <= set(PROJECT["project"]["optional-dependencies"])
    assert not of("ENV")
    assert not of("ARG")


@pytest.mark.skipif(not (ROOT / "publisher").is_dir(), reason="the sources aren't here")
def test_what_it_copies_is_enough_to_build_the_whole_package(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for step in of("COPY"):
        *names, target = step.split()
        for name in names:
            if (ROOT / name).is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(ROOT / name, source / target, ignore=ignored)
            else:
                shutil.copy(ROOT / name, source / target)
    build = (
        "from setuptools.build_meta import build_wheel; import sys; print(build_wheel(sys.argv[1]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", build, str(tmp_path)], cwd=source, capture_output=True, text=True
    )
    if "No module named 'setuptools'" in done.stderr:
        pytest.skip("setuptools isn't installed here")
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    for name in ("docs/first-post.md", "docs/workflows/hugo.yml", "templates/email.html.j2"):
        assert f"publisher/{name}" in inside
    modules = {
        f"publisher/{file.relative_to(ROOT / 'publisher').as_posix()}"
        for file in (ROOT / "publisher").rglob("*.py")
    }
    assert modules <= inside
