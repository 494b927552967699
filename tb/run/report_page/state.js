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
