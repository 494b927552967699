// Other runs beside this one: time, power and energy-delay product against array size and mode.

const compared = data.compared;

const modesOf = (run) => Object.keys(run.total.layers_by_k).map(Number).sort((a, b) => a - b);
const modeText = (run) => (run.k === "auto" ? `k chosen: ${modesOf(run).join(", ")}` : `k = ${run.k}`);

// What tells the runs apart: array and modes, and of the rest what is not the same for all.
function runLabel(run) {
  const parts = [`${run.array.rows}×${run.array.cols}`, modeText(run)];
  for (const get of [(r) => r.technology, (r) => `${r.array.data_width_bits} bit`, (r) => r.workload]) {
    if (compared.some((other) => get(other) !== get(run))) parts.push(get(run) ?? missing);
  }
  return parts;
}

function sortedRuns() {
  const size = (run) => run.array.rows * run.array.cols;
  const order = (a, b) => size(a) - size(b) || modesOf(a).length - modesOf(b).length ||
      modesOf(a)[0] - modesOf(b)[0];
  return [...compared].sort(order);
}

const comparedFigures = [timeFigure, powerFigure, edpFigure];

function drawComparison(runs, index) {
  const figure = comparedFigures[index];
  const id = `compare-chart-${index}`;
  if (!element(id)) {
    const canvas = make("canvas", undefined, make("div", undefined, element("compare-charts"), "chart"));
    canvas.id = id;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `${figure.title} of the runs; the table below has the figures`);
  }
  const values = [(run) => run.total.conventional, (run) => run.total].map(
      (design) => runs.map((run) => valueOf(figure, design(run)) ?? null));
  const known = values.flat().filter(isNumber);
  element(id).parentElement.hidden = known.length === 0;
  if (known.length === 0) return;
  const [unit, scale] = unitFor(Math.max(...known), unitsOf[figure.unit]);
  const sets = [["conventional", theme.conventional], ["ArrayFlex", modeColours[1]]].map(
      ([label, colour], i) => ({label, backgroundColor: colour,
                                data: values[i].map((value) => (isNumber(value) ? value * scale : null))}));
  const options = baseOptions(`${figure.title} (${unit})`, false);
  options.scales.x.ticks = {autoSkip: false};
  const names = runs.map((run) => runLabel(run).map(shortened));
  draw(id, {type: "bar", data: {labels: names, datasets: sets}, options});
}

function fillComparisonTable(runs) {
  const columns = [["run", (run) => runLabel(run).join(", ")], ["folder", (run) => run.folder]];
  for (const figure of comparedFigures) {
    columns.push([figure.title, (run) => textOf(figure, run.total)],
                 [`conv. ${figure.title}`, (run) => textOf(figure, run.total.conventional)],
                 [`Δ ${figure.title}`, (run) => changeText(ratioOf(figure, run.total))]);
  }
  const table = element("compare-table");
  const head = make("tr");
  for (const [title] of columns) make("th", title, head);
  table.tHead.replaceChildren(head);
  table.tBodies[0].replaceChildren(...runs.map((run) => {
    const line = make("tr");
    for (const [, text] of columns) make("td", text(run), line);
    return line;
  }));
}

function showComparison() {
  if (compared.length < 2) return;
  element("compare-section").hidden = false;
  const runs = sortedRuns();
  element("compare-note").textContent = "This run and those given with --compare, by array size and mode" +
      (accounting ? `; power and EDP, the energy-delay product, in the accounting ${accounting}.` : ".");
  comparedFigures.forEach((_, index) => drawComparison(runs, index));
  fillComparisonTable(runs);
}
