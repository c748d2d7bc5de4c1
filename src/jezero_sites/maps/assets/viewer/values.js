/* The numbers behind the layers: integers that came with the page, or in tiles beside it. */
(function () {
  "use strict";

  const { D, grid: G, number, digitsOf } = JZ;
  const KINDS = { u1: Uint8Array, u2: Uint16Array, i2: Int16Array };
  const MOST_TILES = 400;

  /* Rows of differences, deflated, in base64. */
  async function unpack(layer, text, rows, cols) {
    const raw = atob(text);
    const bytes = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    const codes = new KINDS[layer.dtype](await new Response(stream).arrayBuffer());
    if (codes.length !== rows * cols) throw new Error("layer " + layer.name + " has a wrong size");
    for (let r = 0; r < rows; r++) {
      const start = r * cols;
      for (let c = 1; c < cols; c++) codes[start + c] += codes[start + c - 1];
    }
    return codes;
  }

  /* ---- layers that came with the page ---- */
  const whole = {
    async open() {
      await Promise.all(
        D.layers.map(async (layer) => {
          layer.codes = await unpack(layer, layer.data, G.rows, G.cols);
          layer.data = null;
        }),
      );
    },
    peek: (layer, r, c) => layer.codes[r * G.cols + c],
    async cells(layer, places) {
      return places.map((place) => (place ? layer.codes[place[0] * G.cols + place[1]] : undefined));
    },
    async window(layer, r0, r1, c0, c1) {
      const found = new KINDS[layer.dtype]((r1 - r0) * (c1 - c0));
      for (let r = r0; r < r1; r++) {
        found.set(layer.codes.subarray(r * G.cols + c0, r * G.cols + c1), (r - r0) * (c1 - c0));
      }
      return found;
    },
  };

  /* ---- layers in tiles: script files, which a page may load from a disk ---- */
  const tiles = new Map();
  const waiting = new Map();

  function tileShape(level, row, col) {
    const { size, levels } = D.tiles;
    const { rows, cols } = levels[level];
    return [Math.min(size, rows - row * size), Math.min(size, cols - col * size)];
  }

  function tile(layer, level, row, col) {
    const key = [layer.name, level, row, col].join("/");
    if (!tiles.has(key)) {
      tiles.set(key, load(layer, key, ...tileShape(level, row, col)));
      if (tiles.size > MOST_TILES) tiles.delete(tiles.keys().next().value);
    }
    return tiles.get(key);
  }

  async function load(layer, key, rows, cols) {
    const text = await new Promise((done, failed) => {
      const [name, level, row, col] = key.split("/");
      const script = document.createElement("script");
      waiting.set(key, done);
      script.src = [D.tiles.path, name, level, row + "_" + col + ".js"].join("/");
      script.onerror = () => failed(new Error("the tile " + script.src + " could not be read"));
      script.onload = () => script.remove();
      document.head.append(script);
    });
    waiting.delete(key);
    const loaded = { rows, cols, codes: await unpack(layer, text, rows, cols) };
    const entry = tiles.get(key);
    if (entry) entry.loaded = loaded;
    return loaded;
  }

  window.JZ_TILE = function (name, level, row, col, text) {
    const done = waiting.get([name, level, row, col].join("/"));
    if (done) done(text);
  };

  const inTiles = {
    async open() {},
    peek(layer, r, c) {
      const size = D.tiles.size;
      const [row, col] = [Math.floor(r / size), Math.floor(c / size)];
      const entry = tiles.get([layer.name, 0, row, col].join("/"));
      if (!entry || !entry.loaded) return undefined;
      return entry.loaded.codes[(r - row * size) * entry.loaded.cols + c - col * size];
    },
    async cells(layer, places) {
      const size = D.tiles.size;
      return Promise.all(
        places.map(async (place) => {
          if (!place) return undefined;
          const [row, col] = [Math.floor(place[0] / size), Math.floor(place[1] / size)];
          const part = await tile(layer, 0, row, col);
          return part.codes[(place[0] - row * size) * part.cols + place[1] - col * size];
        }),
      );
    },
    async window(layer, r0, r1, c0, c1) {
      const size = D.tiles.size;
      const found = new KINDS[layer.dtype]((r1 - r0) * (c1 - c0));
      for (let row = Math.floor(r0 / size); row * size < r1; row++) {
        for (let col = Math.floor(c0 / size); col * size < c1; col++) {
          const part = await tile(layer, 0, row, col);
          const [left, right] = [Math.max(c0, col * size), Math.min(c1, col * size + part.cols)];
          for (let r = Math.max(r0, row * size); r < Math.min(r1, row * size + part.rows); r++) {
            const start = (r - row * size) * part.cols - col * size;
            const line = part.codes.subarray(start + left, start + right);
            found.set(line, (r - r0) * (c1 - c0) + left - c0);
          }
        }
      }
      return found;
    },
  };

  /* ---- codes as numbers and words ---- */
  function valueOf(layer, code) {
    return code === undefined || code === layer.nodata ? null : code * layer.step + layer.offset;
  }

  function codeName(layer, code) {
    const item = layer.items.find((one) => one.code === code);
    if (item) return item.label;
    if (!layer.bits) return "unknown";
    const words = Object.keys(layer.bits).filter((bit) => code & bit);
    return words.map((bit) => layer.bits[bit]).join(" + ");
  }

  function decimals(layer) {
    return layer.name === "elevation_m" ? 1 : digitsOf(layer.unit);
  }

  function said(layer, code) {
    const value = valueOf(layer, code);
    if (value === null) return "unknown";
    if (layer.kind === "code") return codeName(layer, value);
    const open = code === layer.most ? "\u2265" : "";
    return open + number(value, decimals(layer), layer.unit);
  }

  /* What a layer says at a place; tiles that are not there yet are asked for. */
  function saidAt(layer, place) {
    if (!place) return "off the raster";
    const code = JZ.source.peek(layer, ...place);
    if (code === undefined) {
      JZ.source.cells(layer, [place]).then(() => JZ.emit("loaded"), JZ.fail);
      return "\u2026";
    }
    return said(layer, code);
  }

  Object.assign(JZ, { source: D.tiles ? inTiles : whole, tile, valueOf, said, saidAt, decimals });
})();
