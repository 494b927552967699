// Header, summary, table and description of the run; then everything is put on the page.

function fillHeader() {
  document.title = `ArrayFlex report: ${report.workload}`;
  element("workload").textContent = report.workload;
  const technology = report.technology ? `, technology ${report.technology.name}` : "";
  element("subtitle").textContent =
      `${array.rows} × ${array.cols} PEs, ${array.data_width_bits}-bit operands, ` +
      `${array.acc_width_bits}-bit sums, ${layers.length} ${layers.length === 1 ? "layer" : "layers"}, engine ${report.engine}` +
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

// With the half width of its interval where it was estimated from a sample of tiles.
function estimateText(energy) {
  const text = energyText(energy.energy_pj);
  return energy.sampling ? `${text} ± ${energyText(energy.sampling.energy_half_width_pj)}` : text;
}

function fillTiles() {
  element("tiles").replaceChildren();
  const ratio = ratios(total);
  const base = total.conventional;
  if (isNumber(ratio.time)) {
    tile("Execution time", changeText(ratio.time),
         `${timeText(total.time_ns)} instead of ${timeText(base.time_ns)}`, "figure-time");
  } else {
    tile("Cycles; clock periods differ", changeText(quotient(total.cycles, base.cycles)),
         `${countText(total.cycles)} instead of ${countText(base.cycles)}`, "figure-cycles");
  }
  if (hasEnergy) {
    const own = energyOf(total);
    const other = conventionalEnergy(total);
    tile("Energy", changeText(ratio.energy),
         `${estimateText(own)} instead of ${estimateText(other)}`, "figure-energy");
    tile("Average power", changeText(ratio.power),
         `${powerText(own.power_mw)} instead of ${powerText(other.power_mw)}`, "figure-power");
    tile("Energy-delay product",
         gainText(ratio.edp),
         `${edpText(own.energy_delay_product_pj_ns)} instead of ` +
             edpText(other.energy_delay_product_pj_ns), "figure-edp");
  }
  tile("Utilization", percentText(total.utilization),
       `conventional array ${percentText(base.utilization)}`, "figure-utilization");
  tile(`Layers with k = ${modes.join(" / ")}`, modes.map((k) => `${total.layers_by_k[k]}`).join(" / "),
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
      showFigures();
    });
  }
}

// [title, text of an entry] of each column that this run has figures for.
function tableColumns() {
  const isKnown = {memory: Boolean(report.memory), energy: hasEnergy};
  const columns = [];
  for (const figure of data.figures) {
    if (!(isKnown[figure.when] ?? valueOf(figure, layers[0]) !== undefined)) continue;
    if (figure.own) columns.push([figure.title, (entry) => textOf(figure, entry)]);
    if (figure.conventional) columns.push([`conv. ${figure.title}`, (entry) => textOf(figure, entry.conventional)]);
    if (figure.change) columns.push([`Δ ${figure.title}`, (entry) => changeText(ratioOf(figure, entry))]);
  }
  return columns;
}

function fillTable() {
  const columns = tableColumns();
  const table = element("layers");
  const head = make("tr");
  make("th", "layer", head);
  for (const [title] of columns) make("th", title, head);
  table.tHead.replaceChildren(head);
  const row = (entry, name) => {
    const line = make("tr");
    make("td", name, line).title = name;  // long ones are cut
    for (const [, text] of columns) make("td", text(entry), line);
    return line;
  };
  table.tBodies[0].replaceChildren(...layers.map((layer) => row(layer, layer.name)));
  table.tFoot.replaceChildren(row(total, "total"));
  element("table-note").textContent =
      "T × N times N × M products; Δ: ArrayFlex against the conventional array" +
      (hasEnergy ? `, accounting ${accounting}.` : ".");
}

function areaText(area) {
  const um2 = (value) => `${significant(value)} µm²`;
  const mm2 = (value) => `${significant(value * 1e-6)} mm²`;
  const overhead = isNumber(area.pe_area_overhead) ? ` (${changeText(1 + area.pe_area_overhead)})` : "";
  return `PE ${um2(area.arrayflex.pe_total_um2)}, conventional ${um2(area.conventional.pe_total_um2)}${overhead}; ` +
         `array with skew registers ${mm2(area.arrayflex.array_total_um2)}, conventional ` +
         `${mm2(area.conventional.array_total_um2)}; cells before placement`;
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
  if (report.area) add("Area", areaText(report.area));
  if (report.memory) {
    add("Memory", `${report.memory.model} (bytes per cycle of the conventional array : latency in ns)`);
  }
  if (isNumber(total.dram_energy_pj)) {
    add("DRAM energy", `${energyText(total.dram_energy_pj)}, conventional array ` +
                       `${energyText(total.conventional.dram_energy_pj)}; no figure above includes it`);
  }
  if (report.operand_recipe) {
    add("Operands", Object.entries(report.operand_recipe).map(([name, value]) => `${name} ${value}`).join(", "));
  }
  add("Seed", report.seed === null ? "" : `${report.seed}`);
  for (const note of report.notes ?? []) add("Note", note);
}

// All that depends on the accounting or on the theme.
function showFigures() {
  readTheme();
  for (const button of element("accounting").children) {
    button.setAttribute("aria-checked", String(button.textContent === accounting));
  }
  element("accounting-note").textContent = accountingNotes[accounting] ?? "";
  fillTiles();
  fillTable();
  drawTime();
  const hasRatios = layers.some((layer) => isNumber(ratios(layer).time));
  element("ratio-section").hidden = !hasRatios;
  if (hasRatios) drawRatios();
  element("energy-section").hidden = !hasEnergy;
  if (hasEnergy) drawEnergy();
  showComparison();
}

// Paper is white whatever the screen is.
function showOnPaper(isPrinting) {
  document.documentElement.classList.toggle("light", isPrinting);
  showFigures();
}
window.addEventListener("beforeprint", () => showOnPaper(true));
window.addEventListener("afterprint", () => showOnPaper(false));
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showFigures);

fillHeader();
fillMissing();
fillAccounting();
fillMaps();
fillAbout();
showFigures();
