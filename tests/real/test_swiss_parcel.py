"""One real parcel of another country: its restriction themes taken in, its rules loaded, and shares as its own document prints them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import shapely
import yaml
from sqlalchemy import Engine

from db import session
from db import workspace as workspaces
from db.actor import Actor
from gis import crs, site
from layers import catalogue
from workflows.base_map import places, service
from workflows.base_map.intake import service as intake
from workflows.base_map.intake.said import Said
from workflows.site_check import later
from workflows.site_check import service as site_check
from workflows.site_check.rulebook import book as rulebook

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "restrictions_ch"
SAMPLE, EXTRACT = REAL / "sample", REAL / "extracts" / "test_extract.json"
pytestmark = pytest.mark.skipif(not SAMPLE.exists(), reason=f"real input not found: {SAMPLE}")

THEMES = {
    "contaminated_public_transport_sites": "ch.BelasteteStandorteOeffentlicherVerkehr",
    "groundwater_protection_zones": "ch.Grundwasserschutzzonen",
}
KINDS = {"Polygon": "polygon", "LineString": "line", "Point": "point"}
DISPLAYED = "AenderungMitVorwirkung"
"""A change that is announced and binds in advance: shown, and not in force."""


def rows(theme: str, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((SAMPLE / theme / f"{table}.json").read_text(encoding="utf-8"))
    return found


def shape(text: str) -> shapely.Geometry:
    return shapely.from_wkt(text.removeprefix("SRID=2056;"))


def parcel() -> shapely.Geometry:
    (estate,) = [
        each
        for each in json.loads((SAMPLE / "dev.real_estates.json").read_text(encoding="utf-8"))
        if each["egrid"] == "CH113928077734"
    ]
    return shape(estate["limit"])


def code_of(theme: str, kind: str) -> str:
    return theme if kind == "polygon" else f"{theme}_{kind}"


def written_catalogue(folder: Path) -> None:
    """A catalogue for two themes, with the offices and laws that the sample names."""
    law = next(
        each
        for each in rows("contaminated_public_transport_sites", "document")
        if each["document_type"] == "GesetzlicheGrundlage"
    )
    themes = {
        row["id"]: row["title"] for row in json.loads((SAMPLE / "ch.themes.json").read_text(encoding="utf-8"))
    }
    stanzas = {}
    for theme, id in THEMES.items():
        for kind in KINDS.values():
            stanzas[code_of(theme, kind)] = {
                "name": f"{themes[id]['de']} ({kind})", "name_en": f"{themes[id]['en']} ({kind})", "kind": kind, "department": "transport",
                "level": "state", "cadence": "on_change", "grade": "public", "coverage": "none", "tolerance": 0.5, "style": kind,
                "basis": [{"law": "environment", "standing": "seen"}], "identify": ["id"],
            }  # fmt: skip
    styles = {
        "polygon": {"kind": "polygon", "outline": "#AA0000", "width": 1.0},
        "line": {"kind": "line", "outline": "#AA0000", "width": 1.0, "pattern": "solid"},
        "point": {"kind": "point", "fill": "#AA0000", "outline": "#FFFFFF", "width": 1.0, "shape": "circle"},
    }
    files: dict[str, Any] = {
        "departments.yaml": {"transport": {"zh": "Bundesamt für Verkehr", "en": "Federal Office of Transport"}},
        "laws.yaml": {
            "environment": {"zh": law["title"]["de"], "en": law["title"]["en"], "number": law["official_number"]["de"], "standing": "seen", "source": "document.json"}
        },
        "classes.yaml": {"unused": {"zh": "unused", "en": "unused", "standing": "demo", "classes": {"a": {"zh": "a", "en": "a"}}}},
        "styles.yaml": {"styles": styles, "palettes": {"unused": {"a": "#AA0000"}}},
        "themes/01_ch.yaml": {"theme": {"code": "ch", "name": "ÖREB", "name_en": "Restrictions", "order": 1}, "layers": stanzas},
        "rules/ch.yaml": {
            "group": {"code": "ch", "name": "ÖREB", "name_en": "Restrictions", "order": 1},
            "defaults": {"since": "2010-09-20", "law": [{"law": "environment", "standing": "seen"}], "do": "Amt anfragen", "do_en": "Ask the office"},
            "rules": {
                "contaminated": {
                    "name": "Belasteter Standort", "name_en": "Contaminated site", "layer": "contaminated_public_transport_sites", "measure": "area",
                    "limit": "over 0 m2", "effect": "needs_opinion",
                },
                "well_head": {
                    "name": "Fassungsbereich", "name_en": "Well head", "layer": "groundwater_protection_zones", "measure": "share", "limit": "over 5 %", "effect": "forbid",
                },
            },
        },
    }  # fmt: skip
    for name, said in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(
            yaml.safe_dump(said, allow_unicode=True, sort_keys=False), encoding="utf-8"
        )


def deliveries(folder: Path) -> tuple[Path, Path]:
    """What is in force (the parcel with it) and what is announced, a GeoJSON file per theme and kind in Swiss coordinates."""
    own = {"type": "Feature", "properties": {"id": 70}, "geometry": json.loads(shapely.to_geojson(parcel()))}
    collected: dict[tuple[bool, str], list[dict[str, Any]]] = {(False, "parcel"): [own]}
    for theme in THEMES:
        status = {row["id"]: row["law_status"] for row in rows(theme, "public_law_restriction")}
        for row in rows(theme, "geometry"):
            shown = status[row["public_law_restriction_id"]] == DISPLAYED
            for part in shapely.get_parts(shape(row["geom"])):
                feature = {
                    "type": "Feature",
                    "properties": {"id": row["id"]},
                    "geometry": json.loads(shapely.to_geojson(part)),
                }
                collected.setdefault((shown, code_of(theme, KINDS[part.geom_type])), []).append(feature)
    for (shown, code), features in collected.items():
        path = folder / ("displayed" if shown else "in_force") / f"{code}.geojson"
        path.parent.mkdir(exist_ok=True)
        crs_member = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2056"}}
        path.write_text(
            json.dumps({"type": "FeatureCollection", "crs": crs_member, "features": features}),
            encoding="utf-8",
        )
    return folder / "in_force", folder / "displayed"


@pytest.fixture(scope="module")
def canton(cluster: Any, actor: Actor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    name, folder = f"ch_{uuid.uuid4().hex[:8]}", tmp_path_factory.mktemp("ch")
    written_catalogue(folder)
    known = catalogue.load(folder / "themes", folder)
    places.make(name, title="Oberwil", project=crs.parse("EPSG:2056"), actor=actor)
    engine = session.engine(name)
    with session.transaction(engine, actor) as connection:
        service.load_catalogue(connection, known)
        rulebook.load(connection, actor, rulebook.read(known, folder / "rules"))
    in_force, displayed = deliveries(folder)
    intake.import_delivery(engine, actor, in_force)
    intake.import_delivery(engine, actor, displayed, Said(status="on_display"))
    yield engine
    workspaces.drop(name)


@pytest.fixture(scope="module")
def answer(canton: Engine, actor: Actor) -> dict[str, Any]:
    project = crs.parse("EPSG:2056")
    with session.transaction(canton, actor) as connection:
        return site_check.check(
            connection, actor, site.Site(parcel(), project, {"egrid": "CH113928077734"}, project, "noop")
        )


def printed(theme: str) -> dict[str, Any]:
    estate = json.loads(EXTRACT.read_text(encoding="utf-8"))["RealEstate"]
    (found,) = [each for each in estate["RestrictionOnLandownership"] if each["Theme"]["Code"] == theme]
    return {**found, "parcel": float(estate["LandRegistryArea"])}


def test_the_parcel_has_the_area_of_the_land_register(answer: dict[str, Any]) -> None:
    assert round(answer["site"]["area_m2"]) == printed("ch.BelasteteStandorteOeffentlicherVerkehr")["parcel"]


def test_the_share_is_the_one_its_document_prints(answer: dict[str, Any]) -> None:
    """What is announced with advance effect covers 22.3 % of the parcel; the document rounds 7,825 m2 from boundaries of its own day."""
    document = printed("ch.BelasteteStandorteOeffentlicherVerkehr")
    (layer,) = [each for each in answer["displayed"]["layers"] if each["kind"] == "polygon"]
    assert round(100 * layer["share"], 1) == document["PartInPercent"]
    assert layer["area_m2"] == pytest.approx(document["AreaShare"], abs=2.0)


def test_what_is_announced_stands_apart_from_what_is_in_force(answer: dict[str, Any]) -> None:
    in_force = {each["rule"]: each for each in answer["findings"]}
    announced = {each["rule"]: each for each in answer["displayed"]["findings"]}
    assert in_force["contaminated"]["amount"]["low"] == pytest.approx(3608.2, abs=0.05)
    assert announced["contaminated"]["amount"]["low"] == pytest.approx(7823.8, abs=0.05)


def test_the_verdict_names_law_and_office(answer: dict[str, Any]) -> None:
    assert answer["verdict"] == "cannot be built"
    gravest = answer["findings"][0]
    assert (gravest["rule"], gravest["effect"], round(gravest["amount"]["low"], 2)) == (
        "well_head",
        "forbid",
        22.28,
    )
    assert (gravest["basis"][0]["title"], gravest["basis"][0]["standing"], gravest["department"]) == (
        "Umweltschutzgesetz",
        "seen",
        "transport",
    )


def test_measured_again_it_is_the_same(canton: Engine, answer: dict[str, Any]) -> None:
    with session.read(canton) as connection:
        assert later.again(connection, answer["id"])["same"]
