/* A layer on the map: one canvas for a whole page, a pool of canvases for a page with tiles. */
(function () {
  "use strict";

  const { D, grid: G, map } = JZ;
  const FINEST_PX = 0.75; /* a cell of the level that is drawn is at least this large on the screen */

  const CanvasOverlay = L.ImageOverlay.extend({
    _initImage: function () {
      const canvas = (this._image = document.createElement("canvas"));
      canvas.className =
        "leaflet-image-layer jz-cells" + (this._zoomAnimated ? " leaflet-zoom-animated" : "");
      canvas.onselectstart = canvas.onmousemove = L.Util.falseFn;
    },
  });

  /* The level whose cells are about as large as a pixel, and the tiles of it that are in view. */
  function inView(tiles, grid) {
    const cellPx = map.options.crs.scale(map.getZoom()) * JZ.radius * JZ.RAD * grid.dlat;
    let level = 0;
    while (level < tiles.levels.length - 1 && cellPx * tiles.levels[level].factor < FINEST_PX) level++;
    const { factor, rows, cols } = tiles.levels[level];
    const span = tiles.size * factor;
    const view = map.getBounds().pad(0.15);
    const first = (from, size) => Math.max(0, Math.floor(from / size / span));
    const end = (to, size, count) => Math.min(Math.ceil(count / tiles.size), Math.ceil(to / size / span));
    const found = [];
    const [top, bottom] = [grid.north - view.getNorth(), grid.north - view.getSouth()];
    const [left, right] = [view.getWest() - grid.west, view.getEast() - grid.west];
    for (let row = first(top, grid.dlat); row < end(bottom, grid.dlat, rows); row++) {
      for (let col = first(left, grid.dlon); col < end(right, grid.dlon, cols); col++) {
        const height = Math.min(tiles.size, rows - row * tiles.size);
        const width = Math.min(tiles.size, cols - col * tiles.size);
        const north = grid.north - grid.dlat * factor * row * tiles.size;
        const west = grid.west + grid.dlon * factor * col * tiles.size;
        const bounds = L.latLngBounds(
          [north - grid.dlat * factor * height, west],
          [north, west + grid.dlon * factor * width],
        );
        found.push({ key: level + "/" + row + "/" + col, level, row, col, bounds });
      }
    }
    return found;
  }

  /* Keep the tiles in view on the map: add what is new, then take away what is no longer seen. */
  function pool(tiles, grid, draw) {
    const drawn = new Map();
    let turn = 0;

    async function refresh() {
      const mine = ++turn;
      const wanted = inView(tiles, grid);
      const keys = new Set(wanted.map((tile) => tile.key));
      await Promise.all(wanted.filter((tile) => !drawn.has(tile.key)).map((tile) => add(tile, mine)));
      if (mine !== turn) return;
      for (const [key, shown] of drawn) {
        if (!keys.has(key)) {
          shown.remove();
          drawn.delete(key);
        }
      }
    }

    async function add(tile, mine) {
      const shown = await draw(tile);
      if (mine !== turn || drawn.has(tile.key) || !shown) return;
      drawn.set(tile.key, shown.addTo(map));
    }

    function clear() {
      turn++;
      for (const shown of drawn.values()) shown.remove();
      drawn.clear();
    }

    const follow = () => refresh().catch(JZ.fail);
    map.on("moveend resize", follow);

    function remove() {
      map.off("moveend resize", follow);
      clear();
    }

    return { refresh, clear, remove, each: (act) => drawn.forEach(act) };
  }

  /* ---- layers ---- */
  function wholeOverlay(pane) {
    const overlay = new CanvasOverlay("", JZ.bounds, { pane, opacity: 0.8 }).addTo(map);
    return {
      canvas: () => overlay.getElement(),
      setOpacity: (opacity) => overlay.setOpacity(opacity),
      show(layer, threshold) {
        const canvas = overlay.getElement();
        canvas.style.visibility = layer ? "" : "hidden";
        if (!layer) return;
        JZ.paint(canvas, layer, threshold, {
          codes: layer.codes,
          rows: G.rows,
          cols: G.cols,
          row: 0,
          col: 0,
        });
      },
    };
  }

  function tiledOverlay(pane) {
    let [layer, threshold, opacity] = [null, null, 0.8];
    const shown = pool(D.tiles, G, async (tile) => {
      if (!layer) return null;
      const asked = layer;
      const part = await JZ.tile(layer, tile.level, tile.row, tile.col);
      if (asked !== layer) return null;
      const overlay = new CanvasOverlay("", tile.bounds, { pane, opacity });
      overlay.on("add", () => {
        const [row, col] = [tile.row * D.tiles.size, tile.col * D.tiles.size];
        JZ.paint(overlay.getElement(), layer, threshold, { ...part, row, col });
      });
      return overlay;
    });
    return {
      canvas: () => null,
      setOpacity(value) {
        opacity = value;
        shown.each((overlay) => overlay.setOpacity(value));
      },
      show(newLayer, newThreshold) {
        [layer, threshold] = [newLayer, newThreshold];
        shown.clear();
        shown.refresh().catch(JZ.fail);
      },
    };
  }

  /* The picture under the layers, one of those that came along. */
  function pictureOverlay(pane) {
    let shown = null;
    return {
      show(index) {
        if (shown) shown.remove();
        shown = openPicture(D.pictures[index], pane);
      },
    };
  }

  function openPicture({ url, bounds, title, tiles }, pane) {
    if (!tiles) return L.imageOverlay(url, bounds, { pane, alt: title, className: "jz-cells" }).addTo(map);
    const grid = { west: tiles.west, north: tiles.north, dlon: tiles.dlon, dlat: tiles.dlat };
    const drawTile = async (tile) => {
      const address = [tiles.path, tile.level, tile.row + "_" + tile.col + ".png"].join("/");
      return L.imageOverlay(address, tile.bounds, { pane, alt: "", className: "jz-cells" });
    };
    const tilesShown = pool(tiles, grid, drawTile);
    tilesShown.refresh().catch(JZ.fail);
    return tilesShown;
  }

  Object.assign(JZ, {
    newOverlay: D.tiles ? tiledOverlay : wholeOverlay,
    pictureOverlay,
  });
})();
