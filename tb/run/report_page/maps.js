// Heat maps of the toggles of each PE.

// viridis, sampled; monotone in lightness.
const viridis = [[68, 1, 84], [72, 40, 120], [62, 74, 137], [49, 104, 142], [38, 130, 142],
                 [31, 158, 137], [53, 183, 121], [109, 205, 89], [180, 222, 44], [253, 231, 37]];

function viridisAt(share) {
  const position = Math.min(Math.max(share, 0), 1) * (viridis.length - 1);
  const low = Math.min(Math.floor(position), viridis.length - 2);
  return viridis[low].map((from, i) => Math.round(from + (viridis[low + 1][i] - from) * (position - low)));
}

function drawMap(map) {
  const canvas = element("map-canvas");
  const cell = Math.max(1, Math.floor(512 / Math.max(map.rows, map.cols)));
  canvas.width = map.cols * cell;
  canvas.height = map.rows * cell;
  const context = canvas.getContext("2d");
  map.share_permille.forEach((permille, i) => {
    context.fillStyle = `rgb(${viridisAt(permille / 1000).join(",")})`;
    context.fillRect((i % map.cols) * cell, Math.floor(i / map.cols) * cell, cell, cell);
  });
  const ticks = element("map-ticks");
  ticks.replaceChildren();
  for (const share of [1, 0.75, 0.5, 0.25, 0]) make("span", scaled(share * map.scale_max, countUnits, 3), ticks);
  const blocks = map.block > 1
      ? ` Each cell is the mean of ${map.block} × ${map.block} PEs.` : "";
  const text = element("map-text");
  text.replaceChildren();
  make("p", `Toggles of each PE of ArrayFlex over ${map.name === "" ? "all layers" : map.name}: ` +
            `operands and weights, product, compressor, sums and muxes. Row 0, where sums enter, is at ` +
            `the top; operands enter from the left.${blocks}`, text);
  make("p", `Least ${countText(map.min)}, most ${countText(map.max)} toggles.`, text);
  const hover = make("p", "", text);
  canvas.onmousemove = (event) => {
    const shown = canvas.clientWidth / canvas.width;  // narrow windows shrink the picture
    const col = Math.floor(event.offsetX / (cell * shown));
    const row = Math.floor(event.offsetY / (cell * shown));
    if (row < 0 || row >= map.rows || col < 0 || col >= map.cols) return;
    const value = (map.share_permille[row * map.cols + col] / 1000) * map.scale_max;
    hover.textContent = `Row ${row * map.block}, column ${col * map.block}: about ${significant(value, 3)} toggles`;
  };
}

function fillMaps() {
  if (!data.pe_maps.length) return;
  element("map-section").hidden = false;
  const scale = element("map-scale").getContext("2d");
  for (let y = 0; y < 256; ++y) {
    scale.fillStyle = `rgb(${viridisAt(1 - y / 255).join(",")})`;
    scale.fillRect(0, y, 20, 1);
  }
  const select = element("map-layer");
  data.pe_maps.forEach((map, i) => {
    make("option", map.name === "" ? "all layers" : map.name, select).value = i;
  });
  select.addEventListener("change", () => drawMap(data.pe_maps[select.value]));
  drawMap(data.pe_maps[0]);
}
