"use strict";

// Every error is shown on the page itself: an offline page has nobody watching its console.
function showError(message) {
  const box = document.getElementById("errors");
  box.hidden = false;
  box.textContent += `This page failed: ${message} `;
}
window.addEventListener("error", (event) => showError(event.message));

const data = JSON.parse(document.getElementById("data").textContent);
const report = data.report;
const layers = report.layers;
const total = report.total;
const array = report.array;

// Okabe-Ito colours, distinguishable with any colour vision.
const modeColours = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442"];
const componentColours = {
  registers: "#56B4E9", multiplier: "#0072B2", adder: "#009E73", compressor: "#E69F00",
  muxes: "#D55E00", clock: "#CC79A7", leakage: "#777777",
};
const conventionalColour = "#B4BCC4";
const missing = "–";

const element = (id) => document.getElementById(id);
const isNumber = (value) => typeof value === "number";
const modes = [...new Set(layers.map((layer) => layer.k))].sort((a, b) => a - b);
const modeColour = (k) => modeColours[modes.indexOf(k) % modeColours.length];

function make(tag, text, parent, className) {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;  // names come from files: never as HTML
  if (className) node.className = className;
  if (parent) parent.appendChild(node);
  return node;
}

function significant(value, digits = 4) {
  if (!isNumber(value)) return missing;
  if (value === 0) return "0";
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString("en", {maximumFractionDigits: Math.min(decimals, 12)});
}

// value in a unit of `prefixes`, each 1000 times the one before.
function scaled(value, prefixes, digits = 4) {
  if (!isNumber(value)) return missing;
  let index = 0;
  while (index + 1 < prefixes.length && Math.abs(value) >= 1000) {
    value /= 1000;
    ++index;
  }
  return `${significant(value, digits)} ${prefixes[index]}`;
}
const timeText = (ns) => scaled(ns, ["ns", "µs", "ms", "s"]);
const energyText = (pj) => scaled(pj, ["pJ", "nJ", "µJ", "mJ", "J"]);
const powerText = (mw) => scaled(mw, ["mW", "W", "kW"]);
const edpText = (pjNs) => scaled(pjNs, ["pJ·ns", "pJ·µs", "nJ·µs", "µJ·µs", "µJ·ms", "mJ·ms"]);
const countText = (value) => (isNumber(value) ? value.toLocaleString("en") : missing);
const percentText = (share) => (isNumber(share) ? `${(100 * share).toFixed(1)} %` : missing);

function changeText(ratio) {
  if (!isNumber(ratio)) return missing;
  const percent = 100 * (ratio - 1);
  return `${percent < 0 ? "−" : "+"}${Math.abs(percent).toFixed(1)} %`;
}
// A ratio that is best small, as "1.32× lower".
function gainText(ratio) {
  if (!isNumber(ratio) || ratio <= 0) return missing;
  return ratio <= 1 ? `${(1 / ratio).toFixed(2)}× lower` : `${ratio.toFixed(2)}× higher`;
}
const quotient = (a, b) => (isNumber(a) && isNumber(b) && b !== 0 ? a / b : null);

// --- what the run recorded ------------------------------------------------------------------

const accountings = ["exact", "busy"].filter(() => total.energy && total.conventional.energy);
const hasEnergy = accountings.length > 0;
// report.html#busy opens with that accounting.
let accounting = accountings.find((name) => location.hash === `#${name}`) ?? accountings[0];

const energyOf = (entry) => (entry.energy ? entry.energy[accounting] : undefined);
const conventionalEnergy = (entry) => energyOf(entry.conventional);

function ratios(entry) {
  const result = {time: quotient(entry.time_ns, entry.conventional.time_ns)};
  const own = energyOf(entry);
  const base = conventionalEnergy(entry);
  if (own && base) {
    result.energy = quotient(own.energy_pj, base.energy_pj);
    result.power = quotient(own.power_mw, base.power_mw);
    result.edp = quotient(own.energy_delay_product_pj_ns, base.energy_delay_product_pj_ns);
  }
  return result;
}

// --- header, summary --------------------------------------------------------------------------

function fillHeader() {
  document.title = `ArrayFlex report: ${report.workload}`;
  element("workload").textContent = report.workload;
  const technology = report.technology ? `, technology ${report.technology.name}` : "";
  element("subtitle").textContent =
      `${array.rows} × ${array.cols} PEs, ${array.data_width_bits}-bit operands, ` +
      `${array.acc_width_bits}-bit sums, ${layers.length} layers, engine ${report.engine}` +
      technology;
  element("generator").textContent = data.generator;
}

function missingParts() {
  const parts = [];
  if (!total.activity) {
    parts.push("No activity: this run counted no toggles (engine analytic, or --activity off), so " +
               "there is no energy and no PE map.");
  } else if (!hasEnergy) {
    parts.push("No energy: report.json has activity, but no energy of both designs.");
  }
  if (total.activity && !data.pe_maps.length) {
    parts.push("No PE map: run with --pe-maps, together with --out, to get one per layer.");
  }
  if (!isNumber(total.time_ns)) {
    parts.push("Some times are unknown: no clock period is given for a mode that is used.");
  }
  if (total.activity && total.activity.sampling) {
    parts.push("Toggles and energies are estimates from a sample of tiles.");
  }
  return parts;
}

function fillMissing() {
  const parts = missingParts();
  element("missing").hidden = parts.length === 0;
  for (const part of parts) make("p", part, element("missing"));
}

function tile(what, figure, detail, id) {
  const box = make("div", undefined, element("tiles"), "tile");
  make("div", what, box, "what");
  make("div", figure, box, "figure").id = id;
  make("div", detail, box, "detail");
}

function modeShares() {
  const times = new Map(modes.map((k) => [k, 0]));
  for (const layer of layers) times.set(layer.k, times.get(layer.k) + (layer.time_ns ?? 0));
  return modes.map((k) => `k = ${k}: ${percentText(quotient(times.get(k), total.time_ns))}`);
}

function fillTiles() {
  element("tiles").replaceChildren();
  const ratio = ratios(total);
  const base = total.conventional;
  tile("Execution time", changeText(ratio.time),
       `${timeText(total.time_ns)} instead of ${timeText(base.time_ns)}`, "figure-time");
  if (hasEnergy) {
    const own = energyOf(total);
    const other = conventionalEnergy(total);
    tile("Energy", changeText(ratio.energy),
         `${energyText(own.energy_pj)} instead of ${energyText(other.energy_pj)}`, "figure-energy");
    tile("Average power", changeText(ratio.power),
         `${powerText(own.power_mw)} instead of ${powerText(other.power_mw)}`, "figure-power");
    tile("Energy-delay product",
         gainText(ratio.edp),
         `${edpText(own.energy_delay_product_pj_ns)} instead of ` +
             edpText(other.energy_delay_product_pj_ns), "figure-edp");
  }
  tile("Utilization", percentText(total.utilization),
       `conventional array ${percentText(base.utilization)}`, "figure-utilization");
  tile("Layers by mode", modes.map((k) => `${total.layers_by_k[k]}`).join(" / "),
       `share of time: ${modeShares().join(", ")}`, "figure-modes");
}

const accountingNotes = {
  exact: "exact: what switches is charged; PEs are idle while the array loads, fills and drains.",
  busy: "busy: every cycle is charged like a cycle of the full array, its clock always on.",
};

function fillAccounting() {
  const box = element("accounting");
  box.hidden = accountings.length < 2;
  element("accounting-note").hidden = !hasEnergy;
  for (const name of accountings) {
    const button = make("button", name, box);
    button.type = "button";
    button.setAttribute("role", "radio");
    button.addEventListener("click", () => {
      accounting = name;
      showAccounting();
    });
  }
}

// --- charts -----------------------------------------------------------------------------------

const labels = layers.map((layer) => layer.name);
const charts = {};

function draw(id, config) {
  if (charts[id]) charts[id].destroy();
  charts[id] = new Chart(element(id), config);
}

function axes(yTitle, stacked, more) {
  return {
    x: {stacked, grid: {display: false},
        ticks: {autoSkip: labels.length > 90, minRotation: labels.length > 12 ? 90 : 0, maxRotation: 90,
                font: {size: labels.length > 40 ? 10 : 12}}},
    y: {stacked, beginAtZero: true, title: {display: true, text: yTitle}, grid: {color: "#e8ecf0"}, ...more},
  };
}

function baseOptions(yTitle, stacked, more) {
  return {
    animation: false, responsive: true, maintainAspectRatio: false,
    interaction: {mode: "index", intersect: false},
    scales: axes(yTitle, stacked, more),
    plugins: {legend: {position: "top", align: "end", labels: {boxWidth: 14}}},
  };
}

function drawTime() {
  const longest = Math.max(...layers.map((l) => Math.max(l.time_ns ?? 0, l.conventional.time_ns ?? 0)));
  const known = longest > 0;
  const unit = !known ? "cycles" : longest >= 1e6 ? "ms" : "µs";
  const scale = {cycles: 1, "µs": 1e-3, ms: 1e-6}[unit];
  const value = (design) => (known ? design.time_ns : design.cycles);
  const toUnit = (number) => (isNumber(number) ? number * scale : null);
  const sets = [{label: "conventional", backgroundColor: conventionalColour, stack: "conventional",
                 data: layers.map((layer) => toUnit(value(layer.conventional)))}];
  for (const k of modes) {
    sets.push({label: `ArrayFlex, k = ${k}`, backgroundColor: modeColour(k), stack: "arrayflex",
               data: layers.map((layer) => (layer.k === k ? toUnit(value(layer)) : null))});
  }
  element("time-note").textContent = known
      ? "Colour: the collapse factor k that the layer ran with."
      : "Clock periods are unknown: cycles, which are not comparable between modes.";
  draw("time-chart", {type: "bar", data: {labels, datasets: sets},
                      options: baseOptions(known ? `time (${unit})` : "cycles", true)});
}

function drawEnergy() {
  const names = Object.keys(energyOf(total).by_component_pj);
  const largest = Math.max(...layers.map((l) => Math.max(energyOf(l).energy_pj,
                                                         conventionalEnergy(l).energy_pj)));
  const [unit, scale] = largest >= 1e9 ? ["mJ", 1e-9] : largest >= 1e6 ? ["µJ", 1e-6] : ["nJ", 1e-3];
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
  draw("energy-chart", {type: "bar", data: {labels, datasets: sets}, options});
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
  const series = [["time", "time", "#000000", "circle"]];
  if (hasEnergy) {
    series.push(["energy", "energy", "#009E73", "rect"], ["power", "power", "#0072B2", "triangle"],
                ["edp", "energy-delay product", "#D55E00", "rectRot"]);
  }
  const all = layers.map(ratios);
  const sets = series.map(([key, label, colour, pointStyle]) => ({
    label, borderColor: colour, backgroundColor: colour, pointStyle, showLine: false, pointRadius: 4,
    data: all.map((ratio) => ratio[key] ?? null),
  }));
  const options = baseOptions("ArrayFlex / conventional", false, {beginAtZero: false});
  options.plugins.legend.labels.usePointStyle = true;
  sets.push({label: "equal", borderColor: "#888888", borderWidth: 1, borderDash: [5, 4], pointRadius: 0,
             pointStyle: "line", data: labels.map(() => 1)});
  draw("ratio-chart", {type: "line", data: {labels, datasets: sets}, options});
}

// --- PE map -----------------------------------------------------------------------------------

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
  for (const share of [1, 0.75, 0.5, 0.25, 0]) make("span", scaled(share * map.scale_max, ["", "k", "M", "G", "T"], 3), ticks);
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
    const col = Math.floor(event.offsetX / cell);
    const row = Math.floor(event.offsetY / cell);
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

// --- table ------------------------------------------------------------------------------------

const timeColumns = [
  ["T", (l) => countText(l.t)],
  ["N", (l) => countText(l.n)],
  ["M", (l) => countText(l.m)],
  ["repeat", (l) => countText(l.repeat)],
  ["k", (l) => countText(l.k)],
  ["MACs", (l) => countText(l.macs)],
  ["cycles", (l) => countText(l.cycles)],
  ["conv. cycles", (l) => countText(l.conventional.cycles)],
  ["time", (l) => timeText(l.time_ns)],
  ["conv. time", (l) => timeText(l.conventional.time_ns)],
  ["Δ time", (l) => changeText(ratios(l).time)],
  ["utilization", (l) => percentText(l.utilization)],
];
const memoryColumns = [
  ["stall cycles", (l) => countText(l.stall_cycles)],
  ["bound by", (l) => l.bound_by],
];
const energyColumns = [
  ["energy", (l) => energyText(energyOf(l).energy_pj)],
  ["Δ energy", (l) => changeText(ratios(l).energy)],
  ["power", (l) => powerText(energyOf(l).power_mw)],
  ["Δ power", (l) => changeText(ratios(l).power)],
  ["Δ EDP", (l) => changeText(ratios(l).edp)],
];

function fillTable() {
  const columns = [...timeColumns, ...(report.memory ? memoryColumns : []), ...(hasEnergy ? energyColumns : [])];
  const table = element("layers");
  const head = make("tr");
  make("th", "layer", head);
  for (const [title] of columns) make("th", title, head);
  table.tHead.replaceChildren(head);
  const row = (entry, name) => {
    const line = make("tr");
    make("td", name, line);
    for (const [, text] of columns) make("td", text(entry), line);
    return line;
  };
  table.tBodies[0].replaceChildren(...layers.map((layer) => row(layer, layer.name)));
  const sum = {...total, t: null, n: null, m: null, repeat: null, k: null};
  table.tFoot.replaceChildren(row(sum, "total"));
  element("table-note").textContent =
      "T × N times N × M products; Δ: ArrayFlex against the conventional array" +
      (hasEnergy ? `, accounting ${accounting}.` : ".");
}

function fillAbout() {
  const add = (what, text) => {
    if (text === undefined || text === null || text === "") return;
    make("dt", what, element("about"));
    make("dd", text, element("about"));
  };
  const periods = Object.entries(array.clock_period_ps)
      .map(([mode, ps]) => `${mode === "conventional" ? mode : `k = ${mode}`}: ` +
                           (isNumber(ps) ? `${significant(ps)} ps (${significant(1000 / ps, 3)} GHz)` : "unknown"));
  add("Workload", report.workload);
  add("Engine", report.kernel ? `${report.engine} (${report.kernel})` : report.engine);
  add("Clock periods", periods.join(", "));
  if (report.technology) {
    add("Technology", report.technology.name);
    add("Source of its numbers", report.technology.source);
  }
  if (report.memory) {
    add("Memory", `${report.memory.model} (bytes per cycle of the conventional array : latency in ns)`);
  }
  if (report.operand_recipe) {
    add("Operands", Object.entries(report.operand_recipe).map(([name, value]) => `${name} ${value}`).join(", "));
  }
  add("Seed", report.seed === null ? "" : `${report.seed}`);
  for (const note of report.notes ?? []) add("Note", note);
}

function showAccounting() {
  for (const button of element("accounting").children) {
    button.setAttribute("aria-checked", String(button.textContent === accounting));
  }
  element("accounting-note").textContent = accountingNotes[accounting] ?? "";
  fillTiles();
  fillTable();
  const hasRatios = layers.some((layer) => isNumber(ratios(layer).time));
  element("ratio-section").hidden = !hasRatios;
  if (hasRatios) drawRatios();
  element("energy-section").hidden = !hasEnergy;
  if (hasEnergy) drawEnergy();
}

fillHeader();
fillMissing();
fillAccounting();
fillMaps();
fillAbout();
drawTime();
showAccounting();
