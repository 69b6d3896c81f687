// Drawing one site: a polygon, a box, or a line that gets a width. What was drawn stays until it is cleared or drawn anew.

import { TerraDraw, TerraDrawLineStringMode, TerraDrawPolygonMode, TerraDrawRectangleMode } from "terra-draw";
import { TerraDrawMapLibreGLAdapter } from "terra-draw-maplibre-gl-adapter";

const MODES = { polygon: "polygon", box: "rectangle", line: "linestring" };
const AREA = { fillColor: "#0e5558", fillOpacity: 0.1, outlineColor: "#083c3f", outlineWidth: 2.5 };

export function drawing(map, onChange) {
  const draw = new TerraDraw({
    adapter: new TerraDrawMapLibreGLAdapter({ map, coordinatePrecision: 9 }),
    modes: [
      new TerraDrawPolygonMode({ styles: AREA }),
      new TerraDrawRectangleMode({ styles: AREA }),
      new TerraDrawLineStringMode({ styles: { lineStringColor: "#083c3f", lineStringWidth: 3 } }),
    ],
  });
  let kept = null;
  let tool = null;
  const tell = () => onChange({ tool, geometry: kept });

  draw.start();
  draw.on("finish", (id) => {
    kept = draw.getSnapshotFeature(id).geometry;
    tool = null;
    // Left in the next turn: the library is still busy with the click that ended the shape.
    setTimeout(() => { draw.setMode("static"); tell(); });
  });

  return {
    begin(name) {
      draw.clear();
      kept = null;
      tool = name;
      draw.setMode(MODES[name]);
      tell();
    },
    stop() {
      tool = null;
      draw.setMode("static");
      tell();
    },
    clear() {
      draw.clear();
      kept = null;
      tool = null;
      draw.setMode("static");
      tell();
    },
    get geometry() { return kept; },
  };
}
