// Charts of the layers, and what all charts share: colours, sizes, light and dark.

// Okabe-Ito colours, distinguishable with any colour vision; those of k = 1, 2, 4 are the same on
// every page.
const modeColours = {1: "#0072B2", 2: "#E69F00", 3: "#CC79A7", 4: "#009E73"};
const otherModeColours = ["#56B4E9", "#D55E00", "#F0E442"];
const otherModes = modes.filter((k) => !(k in modeColours));
const modeColour = (k) => modeColours[k] ?? otherModeColours[otherModes.indexOf(k) % otherModeColours.length];
const componentColours = {
  registers: "#56B4E9", multiplier: "#0072B2", adder: "#009E73", compressor: "#E69F00",
  muxes: "#D55E00", clock: "#CC79A7", leakage: "#777777",
};

// Pictures do not see style sheets: they are drawn again when the theme changes.
const theme = {};
function readTheme() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["ink", "soft", "line", "conventional"]) theme[name] = style.getPropertyValue(`--${name}`).trim();
  Chart.defaults.color = theme.soft;
  Chart.defaults.borderColor = theme.line;
}

const labels = layers.map((layer) => layer.name);
const charts = {};
const maxLabelLength = 26;
// Narrower, a layer's bars could not be told apart; wider, browsers refuse the canvas.
const layerWidth = 14;
const maxChartWidth = 8000;

// The middle is left out: layers of one block differ at the end, blocks at the beginning.
function shortened(text) {
  const characters = [...text];
  if (characters.length <= maxLabelLength) return text;
  const half = (maxLabelLength - 1) / 2;
  return `${characters.slice(0, Math.ceil(half)).join("")}…${characters.slice(-Math.floor(half)).join("")}`;
}

function draw(id, config) {
  if (charts[id]) charts[id].destroy();
  charts[id] = new Chart(element(id), config);
}

// A chart of all layers scrolls sideways where they need more than the page is wide.
function drawLayers(id, config) {
  element(id).parentElement.style.minWidth = `${Math.min(layers.length * layerWidth, maxChartWidth)}px`;
  draw(id, config);
}

const dashedOne = {
  id: "dashedOne",
  afterDatasetsDraw(chart) {
    const {ctx, chartArea, scales} = chart;
    const y = scales.y.getPixelForValue(1);
    if (y < chartArea.top || y > chartArea.bottom) return;
    ctx.save();
    ctx.strokeStyle = theme.soft;
    ctx.setLineDash([5, 4]);
    ctx.beginPath();
    ctx.moveTo(chartArea.left, y);
    ctx.lineTo(chartArea.right, y);
    ctx.stroke();
    ctx.restore();
  },
};

function axes(yTitle, stacked, more) {
  return {
    x: {stacked, offset: true, grid: {display: false},
        ticks: {autoSkip: layers.length * layerWidth > maxChartWidth, minRotation: labels.length > 12 ? 90 : 0,
                maxRotation: 90, font: {size: labels.length > 40 ? 10 : 12},
                callback(value) { return shortened(this.getLabelForValue(value)); }}},
    y: {stacked, beginAtZero: true, title: {display: true, text: yTitle}, ...more},
  };
}

function baseOptions(yTitle, stacked, more) {
  return {
    animation: false, responsive: true, maintainAspectRatio: false,
    interaction: {mode: "index", intersect: false},
    datasets: {bar: {maxBarThickness: 60}},
    scales: axes(yTitle, stacked, more),
    plugins: {legend: {position: "top", align: "start", labels: {boxWidth: 14}}},
  };
}

function drawTime() {
  const known = layers.every((layer) => isNumber(layer.time_ns) && isNumber(layer.conventional.time_ns));
  const value = (design) => (known ? design.time_ns : design.cycles);
  const longest = Math.max(...layers.map((l) => Math.max(value(l), value(l.conventional))));
  const [unit, scale] = known ? unitFor(longest, timeUnits) : ["cycles", 1];
  const sets = [{label: "conventional", backgroundColor: theme.conventional, stack: "conventional",
                 data: layers.map((layer) => value(layer.conventional) * scale)}];
  for (const k of modes) {
    sets.push({label: `ArrayFlex, k = ${k}`, backgroundColor: modeColour(k), stack: "arrayflex",
               data: layers.map((layer) => (layer.k === k ? value(layer) * scale : null))});
  }
  element("time-title").textContent = known ? "Time per layer" : "Cycles per layer";
  element("time-note").textContent = known
      ? "Colour: the collapse factor k that the layer ran with."
      : "A clock period is unknown: cycles, which are not comparable between modes and designs.";
  drawLayers("time-chart", {type: "bar", data: {labels, datasets: sets},
                            options: baseOptions(known ? `time (${unit})` : "cycles", true)});
}

function drawEnergy() {
  const names = Object.keys(energyOf(total).by_component_pj);
  const largest = Math.max(...layers.map((l) => Math.max(energyOf(l).energy_pj,
                                                         conventionalEnergy(l).energy_pj)));
  const [unit, scale] = unitFor(largest, energyUnits);
  const sets = [];
  for (const name of names) {
    const part = (energy) => energy.by_component_pj[name] * scale;
    const colour = componentColours[name] ?? "#444444";
    sets.push({label: `conventional ${name}`, backgroundColor: `${colour}77`, stack: "conventional",
               data: layers.map((layer) => part(conventionalEnergy(layer)))});
    sets.push({label: name, backgroundColor: colour, stack: "arrayflex",
               data: layers.map((layer) => part(energyOf(layer)))});
  }
  const options = baseOptions(`energy (${unit})`, true);
  options.plugins.legend.labels.filter = (item) => !item.text.startsWith("conventional ");
  options.plugins.legend.onClick = () => {};
  drawLayers("energy-chart", {type: "bar", data: {labels, datasets: sets}, options});
  fillEnergyTable(names);
}

function fillEnergyTable(names) {
  const table = make("table");
  const head = make("tr", undefined, make("thead", undefined, table));
  for (const title of ["All layers", ...names, "total"]) make("th", title, head);
  const body = make("tbody", undefined, table);
  for (const [title, energy] of [["ArrayFlex", energyOf(total)], ["conventional", conventionalEnergy(total)]]) {
    const row = make("tr", undefined, body);
    make("td", title, row);
    for (const name of names) {
      const share = percentText(quotient(energy.by_component_pj[name], energy.energy_pj));
      make("td", `${energyText(energy.by_component_pj[name])} (${share})`, row);
    }
    make("td", energyText(energy.energy_pj), row);
  }
  element("energy-table").replaceChildren(table);
}

function drawRatios() {
  const series = [["time", "time", theme.ink, "circle"]];
  if (hasEnergy) {
    series.push(["energy", "energy", "#009E73", "rect"], ["power", "power", "#0072B2", "triangle"],
                ["edp", "energy-delay product", "#D55E00", "rectRot"]);
  }
  const all = layers.map(ratios);
  const sets = series.map(([key, label, colour, pointStyle]) => ({
    label, borderColor: colour, backgroundColor: colour, pointStyle, showLine: false, pointRadius: 4,
    data: all.map((ratio) => ratio[key] ?? null),
  }));
  const options = baseOptions("ArrayFlex / conventional", false,
                              {beginAtZero: false, suggestedMin: 0.95, suggestedMax: 1.05});
  options.plugins.legend.labels.usePointStyle = true;
  drawLayers("ratio-chart", {type: "line", data: {labels, datasets: sets}, options, plugins: [dashedOne]});
}
