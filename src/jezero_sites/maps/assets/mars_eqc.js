/* The map's coordinate system: Mars, equirectangular, true to scale at the middle latitude.
   Zoom 0 is one metre a pixel. Distances are great circles on the body's own radius. */
(function () {
  "use strict";
  const body = JSON.parse(document.getElementById("jz-data").textContent).body;
  const R = body.radius_m;
  const rad = Math.PI / 180;
  const kx = R * Math.cos(body.lat0 * rad) * rad;
  const ky = R * rad;
  L.CRS.MarsEqc = L.extend({}, L.CRS, {
    projection: {
      project: function (p) {
        return new L.Point(kx * (p.lng - body.lon0), ky * (p.lat - body.lat0));
      },
      unproject: function (q) {
        return new L.LatLng(q.y / ky + body.lat0, q.x / kx + body.lon0);
      },
      bounds: L.bounds([-1e8, -1e8], [1e8, 1e8]),
    },
    transformation: new L.Transformation(1, 0, -1, 0),
    scale: function (zoom) {
      return Math.pow(2, zoom);
    },
    zoom: function (scale) {
      return Math.log(scale) / Math.LN2;
    },
    distance: function (a, b) {
      const sLat = Math.sin(((b.lat - a.lat) * rad) / 2);
      const sLng = Math.sin(((b.lng - a.lng) * rad) / 2);
      const h = sLat * sLat + Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * sLng * sLng;
      return 2 * R * Math.asin(Math.min(1, Math.sqrt(h)));
    },
    infinite: true,
    R: R,
  });
  /* The pin of a marker that a user adds through folium: Leaflet's own is a file, and this page has none. */
  const pin =
    '<svg xmlns="http://www.w3.org/2000/svg" width="25" height="41"><path d="M12.5 40 L3 20 A11 11 0 1 1 22 20 Z" ' +
    'fill="#2b6a99" stroke="#111" stroke-width="1.5"/><circle cx="12.5" cy="13" r="4.5" fill="#fff"/></svg>';
  const address = "data:image/svg+xml;base64," + btoa(pin);
  delete L.Icon.Default.prototype._getIconUrl;
  L.Icon.Default.mergeOptions({ iconUrl: address, iconRetinaUrl: address, shadowUrl: null });
  /* Popups of layers that a user adds through folium call $; this is all they need of it. */
  window.$ =
    window.$ ||
    function (what) {
      if (typeof what === "string") {
        return Array.prototype.slice.call(new DOMParser().parseFromString(what, "text/html").body.childNodes);
      }
      return {
        ready: function (then) {
          then();
        },
      };
    };
})();
