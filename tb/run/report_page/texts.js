"use strict";

// Every error is shown on the page itself: an offline page has nobody watching its console.
function showError(message) {
  const box = document.getElementById("errors");
  box.hidden = false;
  box.textContent += `This page failed: ${message} `;
}
window.addEventListener("error", (event) => showError(event.message));

// What every part of the page uses: elements and numbers as text.
const missing = "–";

const element = (id) => document.getElementById(id);
const isNumber = (value) => typeof value === "number";

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
  if (Math.abs(value) >= 1e15) return value.toExponential(digits - 1);
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString("en", {maximumFractionDigits: Math.min(decimals, 12)});
}

// Units of a quantity from the largest to the smallest, with the factor into each from the unit that
// report.json has.
const timeUnits = [["s", 1e-9], ["ms", 1e-6], ["µs", 1e-3], ["ns", 1]];
const energyUnits = [["J", 1e-12], ["mJ", 1e-9], ["µJ", 1e-6], ["nJ", 1e-3], ["pJ", 1]];
const powerUnits = [["kW", 1e-6], ["W", 1e-3], ["mW", 1], ["µW", 1e3]];
const edpUnits = [["mJ·ms", 1e-15], ["µJ·ms", 1e-12], ["µJ·µs", 1e-9], ["nJ·µs", 1e-6], ["pJ·µs", 1e-3],
                  ["pJ·ns", 1]];
const countUnits = [["T", 1e-12], ["G", 1e-9], ["M", 1e-6], ["k", 1e-3], ["", 1]];

// The largest unit of which there is at least one, else the smallest.
function unitFor(value, units) {
  return units.find(([, factor]) => Math.abs(value) * factor >= 1) ?? units[units.length - 1];
}

function scaled(value, units, digits = 4) {
  if (!isNumber(value)) return missing;
  const [name, factor] = unitFor(value, units);
  return `${significant(value * factor, digits)} ${name}`;
}
// By the units of report.json.
const unitsOf = {ns: timeUnits, pJ: energyUnits, mW: powerUnits, "pJ*ns": edpUnits};
const timeText = (ns) => scaled(ns, timeUnits);
const energyText = (pj) => scaled(pj, energyUnits);
const powerText = (mw) => scaled(mw, powerUnits);
const edpText = (pjNs) => scaled(pjNs, edpUnits);
const countText = (value) => (isNumber(value) ? value.toLocaleString("en") : missing);
const percentText = (share) => (isNumber(share) ? `${(100 * share).toFixed(1)} %` : missing);

function textIn(unit, value) {
  if (unit === "text") return value;
  if (unit === "ratio") return percentText(value);
  return unitsOf[unit] ? scaled(value, unitsOf[unit]) : countText(value);
}

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
