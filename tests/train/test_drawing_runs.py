"""Pictures from raw files to runs that draw, by class and without, and what they refuse."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import fathom
from fathom.api import compare_families
from fathom.cli import app
from fathom.errors import DataError, FathomError, OptionError
from fathom.train import Listener, Options
from fathom.train.judging_network import as_question, key_of, plan
from fathom.train.prepare import prepare

SIDE = 10
# Runs by name: what is learnt, and by which network.
FAMILIES = {
    "diffusion": ("diffusion", None),
    "gan": ("gan", None),
    "transformer": ("diffusion", "transformer"),
}


def bar(source: np.random.Generator, across: bool) -> np.ndarray:
    """A bright bar on dark ground, lying or standing."""
    picture = source.integers(0, 40, (SIDE, SIDE), dtype=np.uint8)
    place = int(source.integers(1, SIDE - 2))
    picture[place : place + 2] = 220
    return picture if across else picture.T


def pictures(folder: Path, count: int) -> None:
    folder.mkdir(parents=True)
    source = np.random.default_rng(len(folder.name))
    for number in range(count):
        Image.fromarray(bar(source, folder.name == "lying")).save(folder / f"{number:03}.png")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class folder with a run of each family, and a flat folder with one."""
    folder = tmp_path_factory.mktemp("bars")
    for kind in ("lying", "standing"):
        pictures(folder / "classes" / kind, 60)
    pictures(folder / "flat", 60)
    cache = str(folder / "cache")
    for name, (family, network) in FAMILIES.items():
        fathom.train(
            folder / "classes",
            budget="20s",
            family=family,
            network=network,
            updates=12,
            out=str(folder / name),
            cache=cache,
        )
    fathom.train(folder / "flat", budget="20s", updates=6, out=str(folder / "plain"), cache=cache)
    return folder


@pytest.mark.parametrize("name", FAMILIES)
def test_a_run_by_class_is_judged_and_shown(place: Path, name: str) -> None:
    report = json.loads((place / name / "report.json").read_text())
    assert report["task"] == "generation"
    assert report["family"] == FAMILIES[name][0]
    found = report["metrics"]
    assert {"kid", "coverage_k", "density", "label_agreement", "memorisation"} <= set(found)
    assert all(entry["low"] <= entry["value"] <= entry["high"] for entry in found.values())
    assert report["baseline"]["name"] in ("gaussian", "mixture")
    assert abs(report["floor"]["kid"]["value"]) < found["kid"]["value"] + 0.5
    assert {check["name"] for check in report["checks"]} >= {"all classes are drawn"}
    page = (place / name / "report.html").read_text()
    assert ("What do more steps buy?" in page) == (FAMILIES[name][0] == "diffusion")
    assert "Drawn by the network" in page
    assert "real training pictures" in page


def test_distance_is_told_by_number_of_looks(place: Path) -> None:
    """The usual number among them, measured on the same samples as the headline."""
    report = json.loads((place / "diffusion" / "report.json").read_text())
    found = report["paces"]
    assert found["usual"] == 25
    assert [line["looks"] for line in found["lines"]] == [1, 3, 5, 9, 25, 35]
    usual = next(line["kid"] for line in found["lines"] if line["looks"] == 25)
    assert usual["n"] == found["n"] == report["metrics"]["kid"]["n"]
    assert usual["value"] == pytest.approx(report["metrics"]["kid"]["value"], abs=1e-6)
    assert usual["low"] <= usual["value"] <= usual["high"]
    assert "paces" not in json.loads((place / "gan" / "report.json").read_text())


@pytest.mark.parametrize("name", ["diffusion", "gan"])
def test_same_seed_and_class_give_the_same_picture(place: Path, name: str) -> None:
    run = fathom.load(place / name)
    many, few = run.draw(9, seed=3), run.draw(2, seed=3)
    assert many.shape == (9, SIDE, SIDE, 1)
    assert many.dtype == np.uint8
    assert np.array_equal(many[:2], few)
    assert not np.array_equal(run.draw(2, seed=4), few)
    assert np.array_equal(
        run.draw(2, seed=3, wish="lying")[0], run.draw(1, seed=3, wish="lying")[0]
    )


def test_the_network_of_a_family_is_a_choice(place: Path) -> None:
    networks = {name: fathom.load(place / name).recipe.network for name in FAMILIES}
    assert networks == {
        "diffusion": {"image": "unet"},
        "gan": {"image": "duel"},
        "transformer": {"image": "transformer"},
    }
    with pytest.raises(OptionError, match=r"Did you mean 'transformer'\?.*unet"):
        fathom.train(place / "classes", family="diffusion", network="transfomer", updates=1)
    with pytest.raises(OptionError, match=r"no network 'transformer'.*duel"):
        fathom.train(place / "classes", family="gan", network="transformer", updates=1)


def test_pictures_alone_are_asked_for_without_being_told(place: Path) -> None:
    run = fathom.load(place / "plain")
    assert run.recipe.task == "generation"
    assert run.recipe.family == "diffusion"
    assert run.classes == ()
    assert "label_agreement" not in run.report["metrics"]
    assert run.draw(2).shape == (2, SIDE, SIDE, 1)
    with pytest.raises(OptionError, match="without classes"):
        run.draw(1, wish="lying")


def test_more_samples_are_judged_on_demand(place: Path) -> None:
    for name in ("diffusion", "plain"):
        report = fathom.evaluate(place / name, samples=8)
        assert report["metrics"]["kid"]["n"] == 8
    with pytest.raises(OptionError, match="cannot be judged"):
        fathom.evaluate(place / "diffusion", samples=10**9)


def test_what_cannot_be_drawn_is_told(place: Path) -> None:
    run = fathom.load(place / "diffusion")
    with pytest.raises(OptionError, match="lying, standing"):
        run.draw(1, wish="leaning")
    for count in (0, 10**9):
        with pytest.raises(OptionError, match="1 to"):
            run.draw(count)
    with pytest.raises(OptionError, match="does not draw rows"):
        run.rows(1)
    with pytest.raises(OptionError, match="fathom generate"):
        run.predict(place / "flat")
    with pytest.raises(OptionError, match="--samples"):
        fathom.evaluate(place / "diffusion", place / "classes")
    with pytest.raises(OptionError, match="not compared row by row"):
        fathom.compare([place / "diffusion", place / "gan"])
    with pytest.raises(OptionError, match="not compared row by row"):
        compare_families(place / "flat", budget="20s")
    with pytest.raises(FathomError, match="--folds"):
        fathom.train(place / "flat", folds=3, updates=1)
    with pytest.raises(FathomError, match=r"diffusion.*gan"):
        fathom.train(place / "flat", family="gna", task="generation", updates=1)


def test_pictures_that_are_all_alike_are_told_before_training(tmp_path: Path) -> None:
    (tmp_path / "same").mkdir()
    for number in range(30):
        Image.new("L", (6, 6), 77).save(tmp_path / "same" / f"{number}.png")
    with pytest.raises(DataError, match="All 30 pictures are equal"):
        prepare(str(tmp_path / "same"), Options(cache=str(tmp_path / "cache")), Listener())


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (("-n", "0"), "'-n'"),
        (("-n", "1000000000"), "1 to 100,000"),
        (("--class", "lyin"), "Did you mean 'lying'?"),
        (("--seed", "one"), "'--seed'"),
        (("--prompt", "a bar"), "takes no such option. Found: --prompt"),
        (("--top-k", "3", "--steps", "2"), "takes no such option. Found: --top-k."),
        (("--steps", "0"), "'--steps'"),
        (("--steps", "5000"), "1 to 1000"),
        (("--guidance", "-3"), "0 to 20"),
        (("--between", "a.png", "b.png"), "keeps no pictures in codes"),
    ],
)
def test_the_command_tells_what_it_cannot_draw(
    place: Path, said: tuple[str, ...], told: str
) -> None:
    out = str(place / "none")
    done = CliRunner().invoke(app, ["generate", str(place / "diffusion"), *said, "--out", out])
    assert isinstance(done.exception, (FathomError, SystemExit))
    assert done.exception.code == 2
    assert told in f"{done.output} {done.exception}"
    assert not (place / "none").exists()


def test_repeating_a_recipe_gives_the_same_weights_and_judgement(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    again = fathom.train(
        place / "classes", recipe=place / "diffusion", out=str(place / "again"),
        cache=str(place / "cache"),
    )  # fmt: skip
    first, second = (
        (place / name / "weights.safetensors").read_bytes() for name in ("diffusion", "again")
    )
    assert first == second
    assert again.report["metrics"] == fathom.load(place / "diffusion").report["metrics"]
    assert not list(tmp_path.iterdir()), "the judge comes from the cache that was named"


def test_a_judge_is_known_by_data_and_parts_and_not_by_the_machine(place: Path) -> None:
    recipe = fathom.load(place / "diffusion").recipe
    other = recipe.model_copy(update={"precision": "bfloat16", "budget_s": 77.0, "seed": 5})
    options = Options(task="generation", cache=str(place / "cache"))
    prepared = prepare(str(place / "classes"), options, Listener())
    asked = as_question(prepared)
    planned = plan(asked, recipe)
    threads = planned.training.model_copy(update={"threads": planned.training.threads + 1})
    key = key_of(prepared, planned)
    assert key == key_of(prepared, plan(asked, other))
    assert key == key_of(prepared, planned.model_copy(update={"training": threads}))
    swapped = prepare(str(place / "classes"), Options(**vars(options) | {"seed": 1}), Listener())
    assert key["parts"] != key_of(swapped, planned)["parts"]
