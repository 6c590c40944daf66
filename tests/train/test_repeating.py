"""A run repeated from its recipe: the same bits, or a refusal that says why."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from fathom import api
from fathom.errors import FathomError, OptionError, RunError
from fathom.folders import read_lines
from fathom.run import Run

# The log's file is closed only when its last reference goes.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Trained on a small table whose groups stay together."""
    folder = tmp_path_factory.mktemp("first")
    rows = [f"{n * 7 % 11},{n % 13},{n // 4},{'xy'[n * 7 % 11 > 5]}" for n in range(120)]
    (folder / "t.csv").write_text("size,age,who,label\n" + "\n".join(rows) + "\n")
    places: dict[str, Any] = {"out": str(folder / "run"), "cache": str(folder / "cache")}
    return api.train(folder / "t.csv", updates=20, budget="30s", seed=3, group="who", **places)


def data(run: Run) -> Path:
    return run.folder.parent / "t.csv"


def identity(folder: Path) -> tuple[str, list[dict[str, object]]]:
    lines = [
        {name: value for name, value in line.items() if name != "time"}
        for line in read_lines(folder / "log.jsonl")
    ]
    return hashlib.sha256((folder / "weights.safetensors").read_bytes()).hexdigest(), lines


@pytest.mark.parametrize("beside", [True, False])
def test_a_repeated_run_has_the_same_weights_log_and_parts(
    run: Run, tmp_path: Path, beside: bool
) -> None:
    """From the folder, whose parts are used, and from a lone recipe, whose parts are made again."""
    recipe = run.folder
    if not beside:
        recipe = Path(shutil.copy(run.folder / "recipe.json", tmp_path / "kept.json"))
    again = api.train(
        data(run), recipe=recipe, out=str(tmp_path / "again"), cache=str(tmp_path / "cache")
    )
    assert identity(again.folder) == identity(run.folder)
    for name in ("split.json", "codecs.json", "recipe.json"):
        assert (again.folder / name).read_bytes() == (run.folder / name).read_bytes()
    assert again.report["metrics"] == run.report["metrics"]


def test_the_parts_beside_the_recipe_are_used(run: Run, tmp_path: Path) -> None:
    for name in ("recipe.json", "split.json"):
        shutil.copy(run.folder / name, tmp_path / name)
    content = json.loads((tmp_path / "split.json").read_text())
    first = content["parts"].index("train")
    content["parts"][first] = "unused"
    (tmp_path / "split.json").write_text(json.dumps(content))
    again = api.train(
        data(run), recipe=tmp_path, out=str(tmp_path / "again"), cache=str(tmp_path / "cache")
    )
    assert json.loads((again.folder / "split.json").read_text()) == content


def test_an_edited_recipe_is_refused(run: Run, tmp_path: Path) -> None:
    edited = json.loads((run.folder / "recipe.json").read_text()) | {"evil": 1}
    (tmp_path / "kept.json").write_text(json.dumps(edited))
    with pytest.raises(RunError, match="evil"):
        api.train(data(run), recipe=tmp_path / "kept.json", out=str(tmp_path / "run"))
    shutil.copytree(run.folder, tmp_path / "copy")
    content = (tmp_path / "copy" / "recipe.json").read_text()
    (tmp_path / "copy" / "recipe.json").write_text(content.replace('"seed": 3', '"seed": 4'))
    with pytest.raises(RunError, match="changed"):
        api.train(data(run), recipe=tmp_path / "copy", out=str(tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_networks_that_cannot_be_built_are_told_before_the_rival(run: Run, tmp_path: Path) -> None:
    edited = json.loads((run.folder / "recipe.json").read_text()) | {"network": {"row": "cnn"}}
    (tmp_path / "kept.json").write_text(json.dumps(edited))
    with pytest.raises(RunError, match="cannot be built"):
        api.train(data(run), recipe=tmp_path / "kept.json", out=str(tmp_path / "run"))
    edited["network"] = {"picture": "cnn"}
    (tmp_path / "kept.json").write_text(json.dumps(edited))
    with pytest.raises(RunError, match="other inputs"):
        api.train(data(run), recipe=tmp_path / "kept.json", out=str(tmp_path / "run"))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ({"seed": 3}, "--seed"),
        ({"budget": "5m"}, "--budget"),
        ({"target": "label"}, "--target"),
        ({"as_format": "csv"}, "--as"),
        ({"updates": 20, "family": "mlp"}, "--updates, --family"),
    ],
)
def test_any_other_option_beside_a_recipe_is_refused(
    run: Run, option: dict[str, object], told: str
) -> None:
    with pytest.raises(OptionError, match=told):
        api.train(data(run), recipe=run.folder, **option)  # type: ignore[arg-type]


def test_changed_data_are_refused_unless_accepted(run: Run, tmp_path: Path) -> None:
    lines = data(run).read_text().splitlines()
    target = json.loads((run.folder / "split.json").read_text())["parts"].index("train")
    cells = lines[target + 1].split(",")
    lines[target + 1] = ",".join([*cells[:3], ""])
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
    places: dict[str, Any] = {"out": str(tmp_path / "run"), "cache": str(tmp_path / "cache")}
    with pytest.raises(FathomError, match="--accept-changes"):
        api.train(tmp_path / "t.csv", recipe=run.folder, **places)
    assert not (tmp_path / "run").exists()
    again = api.train(tmp_path / "t.csv", recipe=run.folder, accept=True, **places)
    assert again.recipe.data.parts["unused"] == 1
    assert again.recipe.data.fingerprint != run.recipe.data.fingerprint
    with pytest.raises(OptionError, match="nothing to accept"):
        api.train(tmp_path / "t.csv", accept=True)
