// Forms made from schemas: hides what does not apply, adds and removes rows in place, counts words, narrows officers to a
// unit, suggests matters. The server decides all of it again; without this file everything still works, a page later.

import { EMPTY, evaluate } from './conditions.js';

// --- Conditions ---

const DIGITS = /^[+-]?(\d+(\.\d*)?|\.\d+)$/;
const PLACEHOLDER = '__index__';

function answered(question) {
  const { kind } = question.dataset;
  const inputs = [...question.querySelectorAll('input:not([type=hidden]), select, textarea')];
  if (kind === 'list') return inputs.filter((input) => input.checked).map((input) => input.value);
  if (kind === 'boolean') return inputs.some((input) => input.checked);
  const input = inputs[0]?.type === 'radio' ? inputs.find((one) => one.checked) : inputs[0];
  const text = input?.value.normalize('NFC').trim() ?? '';
  if (kind === 'number') return DIGITS.test(text.normalize('NFKC')) ? Number(text.normalize('NFKC')) : null;
  return text === '' ? null : text;
}

// The question that a key means at this place: in the same row first, then in the form.
function find(place, key) {
  const form = place.closest('[data-form]');
  const row = place.closest('[data-row]');
  const named = `[data-key="${CSS.escape(key)}"]`;
  return row?.querySelector(named) ?? [...form.querySelectorAll(named)].find((one) => !one.closest('[data-row]'));
}

function hides(place, seen) {
  if (!seen.has(place)) {
    const tree = place.dataset.condition;
    const own = tree !== undefined && evaluate(JSON.parse(tree), (key) => valueOf(place, key, seen));
    const around = place.parentElement.closest('[data-condition], [data-form]');
    seen.set(place, own || (around.dataset.condition !== undefined && hides(around, seen)));
  }
  return seen.get(place);
}

// What is hidden counts as unanswered, as on the server.
function valueOf(place, key, seen) {
  const question = find(place, key);
  if (!question) return null;
  const around = question.closest('[data-condition]');
  return around && hides(around, seen) ? (EMPTY[question.dataset.kind] ?? null) : answered(question);
}

function applyConditions(form) {
  const seen = new Map();
  for (const place of form.querySelectorAll('[data-condition]')) {
    place.hidden = hides(place, seen);
    place.removeAttribute('data-hidden');
  }
}

// --- Words ---

function countWords(area, aloud) {
  const form = area.closest('[data-form]');
  const note = document.getElementById(`${area.id}-limit`);
  if (!form || !note) return;
  const limit = Number(area.dataset.limit);
  const count = [...area.value.normalize('NFC').trim()].length;
  const text = count > limit ? form.dataset.textOver : form.dataset.textWords;
  const said = text.replace('{count}', count).replace('{limit}', limit).replace('{over}', count - limit);
  note.classList.toggle('is-over', count > limit);
  note.querySelector('[data-words]').textContent = said;
  if (aloud) note.querySelector('[data-words-aloud]').textContent = said;
}

// --- Rows ---

const rowsIn = (list) => [...list.querySelectorAll('[data-row]')];

function settle(list) {
  const form = list.closest('[data-form]');
  rowsIn(list).forEach((row, index) => {
    row.querySelector('[data-row-title]').textContent = form.dataset.textRow.replace('{row}', index + 1);
  });
  const add = list.querySelector('[name=row_add]');
  if (add) add.disabled = rowsIn(list).length >= Number(list.dataset.most);
  prepare(form);
}

function nextNumber(list) {
  const taken = [...list.querySelectorAll('[name=row_remove]')].map((button) => Number(button.value.split('-').at(-1)));
  return Math.max(-1, ...taken) + 1;
}

function addRow(list) {
  const number = nextNumber(list);
  const row = list.querySelector('template').content.firstElementChild.cloneNode(true);
  for (const element of [row, ...row.querySelectorAll('*')]) {
    for (const attribute of element.attributes) attribute.value = attribute.value.replaceAll(PLACEHOLDER, number);
  }
  list.querySelector('[data-row-list]').append(row);
  settle(list);
  row.querySelector('input, select, textarea')?.focus();
}

function removeRow(button) {
  const list = button.closest('[data-rows]');
  button.closest('[data-row]').remove();
  settle(list);
  list.querySelector('[name=row_add]')?.focus();
}

// --- Officers of a unit ---

function narrow(select) {
  const question = find(select, select.dataset.narrowedBy);
  const unit = question?.querySelector('select')?.value ?? '';
  for (const option of select.options) {
    const other = unit !== '' && option.dataset.unit !== undefined && option.dataset.unit !== unit;
    option.hidden = option.disabled = other;
    if (other && option.selected) select.value = '';
  }
}

// --- Matters by number or title ---

let asking; // the request under way: an older answer must not replace a newer one

async function suggest(input) {
  const query = input.value.trim();
  if (query.length < 2) return;
  asking?.abort();
  asking = new AbortController();
  const address = new URL(input.dataset.search, location.href);
  address.searchParams.set('q', query);
  const request = { headers: { Accept: 'application/json' }, signal: asking.signal };
  // Suggestions are a comfort: when they do not come, the number can still be typed.
  const answer = await fetch(address, request).then((response) => (response.ok ? response.json() : [])).catch(() => null);
  if (answer) input.list.replaceChildren(...answer.map(({ code, label }) => new Option(label, code)));
}

// --- Events ---

function prepare(form) {
  form.querySelectorAll('[data-narrowed-by]').forEach(narrow);
  applyConditions(form);
}

const later = new WeakMap();
function soon(element, act, delay) {
  clearTimeout(later.get(element));
  later.set(element, setTimeout(act, delay));
}

document.addEventListener('input', (event) => {
  const { target } = event;
  const form = target.closest?.('[data-form]');
  if (!form) return;
  if (target.dataset.limit) {
    countWords(target, false);
    soon(target, () => countWords(target, true), 1000);
  }
  if (target.dataset.search) soon(target, () => suggest(target), 250);
  prepare(form);
});

document.addEventListener('click', (event) => {
  const button = event.target.closest?.('[data-form] button');
  if (button?.name === 'row_add') {
    event.preventDefault();
    addRow(button.closest('[data-rows]'));
  } else if (button?.name === 'row_remove') {
    event.preventDefault();
    removeRow(button);
  } else if (button?.name === 'file_remove') {
    event.preventDefault();
    const question = button.closest('.question');
    button.closest('[data-kept]').remove();
    question.querySelector('input[type=file]').focus();
  }
  const link = event.target.closest?.('[data-error-summary] a');
  const input = link && document.getElementById(link.hash.slice(1));
  if (input) {
    event.preventDefault();
    (input.closest('.question') ?? input).scrollIntoView({ block: 'start' });
    input.focus({ preventScroll: true });
  }
});

function begin(root) {
  for (const form of root.querySelectorAll('[data-form]')) {
    prepare(form);
    form.querySelectorAll('[data-limit]').forEach((area) => area.value && countWords(area, false));
  }
  root.querySelector('[data-error-summary]')?.focus();
}

begin(document);
document.addEventListener('htmx:afterSwap', (event) => begin(event.target));
