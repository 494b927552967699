// What the run recorded, and the accounting the reader has chosen.

const data = JSON.parse(document.getElementById("data").textContent);
const report = data.report;
const layers = report.layers;
const total = report.total;
const array = report.array;
const modes = [...new Set(layers.map((layer) => layer.k))].sort((a, b) => a - b);

const accountings = ["exact", "busy"].filter(() => total.energy && total.conventional.energy);
const hasEnergy = accountings.length > 0;
// report.html#busy opens with that accounting.
let accounting = accountings.find((name) => location.hash === `#${name}`) ?? accountings[0];

const energyOf = (entry) => (entry.energy ? entry.energy[accounting] : undefined);
const conventionalEnergy = (entry) => energyOf(entry.conventional);

// Figures of the model's table of figures: {key, title, unit, when, own, conventional, change}.
const figureOf = (key) => {
  const found = data.figures.find((figure) => figure.key === key);
  if (!found) throw new Error(`there is no figure ${key}`);
  return found;
};
const timeFigure = figureOf("time_ns");
const energyFigure = figureOf("energy.{accounting}.energy_pj");
const powerFigure = figureOf("energy.{accounting}.power_mw");
const edpFigure = figureOf("energy.{accounting}.energy_delay_product_pj_ns");

// Its value in a layer, a total or the `conventional` of one; undefined where there is none.
function valueOf(figure, design) {
  const keys = figure.key.replace("{accounting}", accounting).split(".");
  return keys.reduce((at, key) => at?.[key], design);
}
const textOf = (figure, design) => textIn(figure.unit, valueOf(figure, design));
const ratioOf = (figure, entry) => quotient(valueOf(figure, entry), valueOf(figure, entry.conventional));

function ratios(entry) {
  const result = {time: ratioOf(timeFigure, entry)};
  if (energyOf(entry) && conventionalEnergy(entry)) {
    result.energy = ratioOf(energyFigure, entry);
    result.power = ratioOf(powerFigure, entry);
    result.edp = ratioOf(edpFigure, entry);
  }
  return result;
}
