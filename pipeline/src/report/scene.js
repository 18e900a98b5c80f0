// The interactive map of the changes. Everything that it draws is in this page: outlines and limits
// in the element `carte-donnees`, words in the list of changes, pictures in the images of the page.
(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("carte-donnees").textContent);
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const live = document.querySelector(".live");
  const box = document.getElementById("carte");
  live.hidden = false;

  // Coordinates are decimetres from the south-west corner of the map, which counts in metres.
  const place = (x, y) => [y / 10, x / 10];
  const frame = [place(0, 0), place(...data.size)];
  // A ring is its first corner, then steps.
  const corners = (ring) => {
    const all = [];
    for (let i = 0, x = 0, y = 0; i < ring.length; i += 2) {
      x += ring[i];
      y += ring[i + 1];
      all.push(place(x, y));
    }
    return all;
  };
  const element = (name, attributes, text) => {
    const made = Object.assign(document.createElement(name), attributes);
    if (text !== undefined) made.textContent = text;
    return made;
  };

  const map = L.map(box, {
    crs: L.CRS.Simple,
    attributionControl: false,
    fadeAnimation: !calm,
    markerZoomAnimation: !calm,
    minZoom: -12,
    scrollWheelZoom: false,
    zoomAnimation: !calm,
    zoomControl: false,
    zoomDelta: 0.5,
    zoomSnap: 0.25,
  });
  map.fitBounds(frame, { animate: false });
  map.setMinZoom(map.getZoom() - 1);
  map.setMaxZoom(Math.max(map.getZoom() + 2, 2));
  // The wheel scrolls the page until the map is taken in hand.
  box.addEventListener("pointerdown", () => map.scrollWheelZoom.enable());
  box.addEventListener("pointerleave", () => map.scrollWheelZoom.disable());
  L.control.zoom({ zoomInTitle: "Agrandir", zoomOutTitle: "Réduire" }).addTo(map);
  L.control.scale({ imperial: false }).addTo(map);

  // Pictures lie under photographs, photographs under outlines.
  map.createPane("pictures").style.zIndex = 200;
  map.createPane("photographs").style.zIndex = 300;
  const bases = {};
  const named = (text) => element("span", {}, text).outerHTML;
  data.pictures.forEach((title, rank) => {
    const image = document.getElementById(`image-${rank + 1}`);
    bases[named(title)] = L.imageOverlay(image.src, frame, { pane: "pictures" });
  });
  bases[named("Aucun fond")] = L.layerGroup();
  bases[Object.keys(bases)[0]].addTo(map);

  const labels = [];
  const label = (at, text, className) => {
    const icon = L.divIcon({ className, html: element("span", {}, text), iconSize: null });
    const marker = L.marker(place(...at), { icon, keyboard: false });
    labels.push(marker);
    return marker;
  };
  const overlays = {};
  const overlay = (key, isShown) => {
    overlays[key] = L.layerGroup();
    return isShown ? overlays[key].addTo(map) : overlays[key];
  };

  const groups = data.kinds.map(({ label: words, colour, count }) => {
    const swatch = element("i", { className: "swatch" });
    swatch.style.background = colour;
    return overlay(`${swatch.outerHTML} ${named(`${words} (${count})`)}`, count > 0);
  });
  const items = data.changes.map((_, index) => document.getElementById(`changement-${index + 1}`));
  const story = (index) => {
    const item = items[index];
    const told = element("div", { className: "story" });
    const area = item.querySelector(".area").textContent;
    told.append(element("strong", {}, `Changement ${index + 1} · ${area}`));
    for (const part of item.querySelectorAll("p, .glimpses")) told.append(part.cloneNode(true));
    told.append(element("a", { href: `#${item.id}` }, "Le lire dans la liste"));
    return told;
  };
  // On a narrow screen the words stand beside the buttons.
  const popup = {
    autoPanPaddingTopLeft: [50, 10],
    autoPanPaddingBottomRight: [50, 10],
    maxHeight: box.clientHeight - 60,
    maxWidth: Math.min(300, box.clientWidth - 140),
  };
  const outlines = data.changes.map((change, index) => {
    const { colour, dash } = data.kinds[change.kind];
    const outline = L.polygon(change.rings.map(corners), {
      className: "change",
      color: colour,
      dashArray: dash,
      fillOpacity: 0.35,
      weight: 2.5,
    });
    outline.bindPopup(() => story(index), popup);
    outline.on("popupopen", () => outline.setStyle({ weight: 5 }).bringToFront());
    outline.on("popupclose", () => outline.setStyle({ weight: 2.5 }));
    const number = label(change.at, index + 1, "number");
    number.on("click", () => choose(index));
    groups[change.kind].addLayer(outline).addLayer(number);
    return outline;
  });

  data.years.forEach((year, rank) => {
    const photographs = overlay(named(`Photographies ${year}`), false);
    data.changes.forEach(({ photos }, index) => {
      if (!photos[rank]) return;
      const [west, south, side] = photos[rank];
      const bounds = [place(west, south), place(west + side, south + side)];
      const image = items[index].querySelectorAll(".glimpses img")[rank];
      L.imageOverlay(image.src, bounds, { pane: "photographs" }).addTo(photographs);
    });
  });

  const limits = overlay(named("Limites et noms"), true);
  for (const { name, at, own, polygons } of data.limits) {
    const ground = polygons.map((rings) => rings.map(corners));
    const weight = own ? 2.5 : 1;
    L.polygon(ground, { color: "#1d2b36", fill: false, interactive: false, weight }).addTo(limits);
    label(at, name, "name").addTo(limits);
  }
  L.control.layers(bases, overlays, { collapsed: box.clientWidth < 640 }).addTo(map);

  // Of labels that lie over one another the first is shown: numbers before names.
  const declutter = () => {
    const taken = [];
    for (const marker of labels) {
      const shown = marker.getElement();
      if (!shown) continue;
      const { x, y } = map.latLngToContainerPoint(marker.getLatLng());
      const [wide, high] = [shown.offsetWidth / 2, shown.offsetHeight / 2];
      const isFree = taken.every(
        (other) => Math.abs(other.x - x) > other.wide + wide || Math.abs(other.y - y) > other.high + high,
      );
      shown.classList.toggle("covered", !isFree);
      if (isFree) taken.push({ x, y, wide, high });
    }
  };
  map.on("zoomend overlayadd overlayremove", declutter);
  declutter();

  // One change after the other, on the map and from the list.
  let chosen = -1;
  const choose = (index, animate = !calm) => {
    chosen = (index + outlines.length) % outlines.length;
    const outline = outlines[chosen];
    groups[data.changes[chosen].kind].addTo(map);
    // Its words move the map until they fit: only once the map is there.
    map.once("moveend", () => outline.openPopup());
    map.fitBounds(outline.getBounds(), { animate, maxZoom: 0.5, padding: [60, 60] });
  };
  const steps = L.control({ position: "topleft" });
  steps.onAdd = () => {
    const bar = element("div", { className: "leaflet-bar steps" });
    const step = (text, title, action) => {
      const button = element("button", { type: "button", title }, text);
      button.setAttribute("aria-label", title);
      button.addEventListener("click", action);
      bar.append(button);
    };
    step("‹", "Changement précédent", () => choose(chosen < 0 ? -1 : chosen - 1));
    step("›", "Changement suivant", () => choose(chosen + 1));
    step("□", "Vue d'ensemble", () => map.fitBounds(frame, { animate: !calm }));
    L.DomEvent.disableClickPropagation(bar);
    return bar;
  };
  steps.addTo(map);
  items.forEach((item, index) => {
    const button = element("button", { type: "button", className: "show" }, "Voir sur la carte");
    button.setAttribute("aria-label", `Voir le changement ${index + 1} sur la carte`);
    button.addEventListener("click", () => {
      box.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "center" });
      box.focus({ preventScroll: true });
      choose(index);
    });
    item.querySelector("div").append(button);
  });
  // An address that ends in `#carte-7` shows the seventh change.
  const obey = () => {
    const asked = /^#carte-([0-9]+)$/.exec(location.hash);
    if (asked && items[asked[1] - 1]) choose(asked[1] - 1, false);
  };
  addEventListener("hashchange", obey);
  document.documentElement.classList.add("alive");
  obey();
})();
