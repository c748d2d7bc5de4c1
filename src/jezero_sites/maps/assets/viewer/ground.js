/* Geometry on the body's sphere, in ground metres and degrees clockwise from true north. */
(function () {
  "use strict";

  const { D, grid: G, map } = JZ;
  const R = D.body.radius_m;
  const RAD = Math.PI / 180;

  /* The place some metres east and north of another one, on its local plane. */
  function offset(latlng, east, north) {
    const lat = latlng.lat + north / R / RAD;
    return L.latLng(lat, latlng.lng + east / (R * Math.cos(latlng.lat * RAD)) / RAD);
  }

  /* The outline of an ellipse given by its semi-axes and the azimuth of the major one. */
  function ellipse(latlng, major, minor, azimuth) {
    const points = [];
    const a = azimuth * RAD;
    for (let i = 0; i < 120; i++) {
      const t = (2 * Math.PI * i) / 120;
      const along = major * Math.cos(t);
      const across = minor * Math.sin(t);
      const east = along * Math.sin(a) + across * Math.cos(a);
      const north = along * Math.cos(a) - across * Math.sin(a);
      points.push(offset(latlng, east, north));
    }
    return points;
  }

  function distance(a, b) {
    return map.distance(a, b);
  }

  /* The initial bearing of the great circle from a to b. */
  function bearingOf(a, b) {
    const turn = (b.lng - a.lng) * RAD;
    const east = Math.sin(turn) * Math.cos(b.lat * RAD);
    const north =
      Math.cos(a.lat * RAD) * Math.sin(b.lat * RAD) -
      Math.sin(a.lat * RAD) * Math.cos(b.lat * RAD) * Math.cos(turn);
    return (Math.atan2(east, north) / RAD + 360) % 360;
  }

  /* The place a share of the way along the great circle from a to b. */
  function between(a, b, share) {
    const angle = distance(a, b) / R;
    if (angle === 0) return a;
    const fa = Math.sin((1 - share) * angle) / Math.sin(angle);
    const fb = Math.sin(share * angle) / Math.sin(angle);
    const vector = (p) => [
      Math.cos(p.lat * RAD) * Math.cos(p.lng * RAD),
      Math.cos(p.lat * RAD) * Math.sin(p.lng * RAD),
      Math.sin(p.lat * RAD),
    ];
    const [va, vb] = [vector(a), vector(b)];
    const [x, y, z] = va.map((v, i) => fa * v + fb * vb[i]);
    const lng = Math.atan2(y, x) / RAD;
    const turns = Math.round((a.lng - lng) / 360);
    return L.latLng(Math.atan2(z, Math.hypot(x, y)) / RAD, lng + 360 * turns);
  }

  /* Metres of the raster's own map, between nodes that were computed for the page. */
  function mapMetres(latlng) {
    const n = D.crs.nodes;
    const u = ((latlng.lng - G.west) / D.crs.width_deg) * (n - 1);
    const v = ((G.north - latlng.lat) / D.crs.height_deg) * (n - 1);
    const i = Math.max(0, Math.min(n - 2, Math.floor(u)));
    const j = Math.max(0, Math.min(n - 2, Math.floor(v)));
    const at = (list, q, p) => list[q * n + p];
    const mix = (list) =>
      (at(list, j, i) * (1 - (u - i)) + at(list, j, i + 1) * (u - i)) * (1 - (v - j)) +
      (at(list, j + 1, i) * (1 - (u - i)) + at(list, j + 1, i + 1) * (u - i)) * (v - j);
    return [mix(D.crs.x), mix(D.crs.y)];
  }

  /* Row and column of a place; null off the raster. */
  function cellAt(latlng) {
    const c = Math.floor((latlng.lng - G.west) / G.dlon);
    const r = Math.floor((G.north - latlng.lat) / G.dlat);
    return r < 0 || c < 0 || r >= G.rows || c >= G.cols ? null : [r, c];
  }

  function cellBounds(r0, r1, c0, c1) {
    return L.latLngBounds(
      [G.north - G.dlat * r1, G.west + G.dlon * c0],
      [G.north - G.dlat * r0, G.west + G.dlon * c1],
    );
  }

  Object.assign(JZ, {
    RAD,
    radius: R,
    offset,
    ellipse,
    distance,
    bearingOf,
    between,
    mapMetres,
    cellAt,
    cellBounds,
    bounds: cellBounds(0, G.rows, 0, G.cols),
  });
})();
