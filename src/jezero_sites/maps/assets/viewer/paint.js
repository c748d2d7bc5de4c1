/* Colours: a table from integers to pixels, and canvases drawn with it. */
(function () {
  "use strict";

  const HATCH = [packed(90, 90, 90), packed(160, 160, 160)];
  const HIDDEN = 0;

  function packed(red, green, blue) {
    return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  }

  function rgb(hex) {
    return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
  }

  /* The colour of a value by the layer's classes: class i ends at its upper boundary. */
  function colourOf(layer, code) {
    if (layer.kind === "code") {
      const item = layer.items.find((one) => one.code === code);
      return item ? item.colour : layer.several || "#8d8d8d";
    }
    const value = code * layer.step + layer.offset;
    let i = 0;
    while (i < layer.breaks.length && value > layer.breaks[i] + layer.step * 1e-6) i++;
    return layer.colours[i];
  }

  /* Low numbers are the bad ones: of chances, clearances and whatever has a lower limit. */
  function isLowWorse(layer) {
    return /probability|clearance/.test(layer.name) || (layer.limit !== null && layer.limit.kind === "min");
  }

  /* Whether ground is on the bad side of a threshold. A value on it is on the good side. */
  function isBeyond(layer, code, threshold) {
    const value = code * layer.step + layer.offset;
    const slack = layer.step * 1e-6;
    return isLowWorse(layer) ? value < threshold - slack : value > threshold + slack;
  }

  /* One pixel for each code: hidden where a threshold is set and the ground is on the good side of it. */
  function pixelOf(layer, threshold) {
    const table = new Map();
    return function (code) {
      let pixel = table.get(code);
      if (pixel === undefined) {
        const shows = threshold === null || isBeyond(layer, code, threshold);
        pixel = shows ? packed(...rgb(colourOf(layer, code))) : HIDDEN;
        table.set(code, pixel);
      }
      return pixel;
    };
  }

  /* Draw a rectangle of cells whose first one is at a row and a column; unknown ground is hatched. */
  function paint(canvas, layer, threshold, part) {
    const { codes, rows, cols, row, col } = part;
    canvas.width = cols;
    canvas.height = rows;
    const context = canvas.getContext("2d");
    const image = context.createImageData(cols, rows);
    const pixels = new Uint32Array(image.data.buffer);
    const pixel = pixelOf(layer, threshold);
    let last = null;
    let colour = 0;
    for (let r = 0, i = 0; r < rows; r++) {
      for (let c = 0; c < cols; c++, i++) {
        const code = codes[i];
        if (code === layer.nodata) {
          pixels[i] = HATCH[(r + row + c + col) % 6 < 2 ? 0 : 1];
          continue;
        }
        if (code !== last) {
          last = code;
          colour = pixel(code);
        }
        pixels[i] = colour;
      }
    }
    context.putImageData(image, 0, 0);
  }

  Object.assign(JZ, { paint, isBeyond, isLowWorse });
})();
