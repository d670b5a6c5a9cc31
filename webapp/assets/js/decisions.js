// The editor of a decision table: dmn-js on the deployed file, with the checker's list beside it and a draft in the browser.
// Page data: templates/decisions/edit.html.
import './decisions_styles.js';
import EditingManager from 'dmn-js-shared/lib/base/EditingManager';
import TableEditor from 'dmn-js-decision-table/lib/Editor';
import { is } from 'dmn-js-shared/lib/util/ModelUtil';
import '../css/decisions_editor.css';
import { drop, keep, read } from './decisions_drafts.js';
import { translator } from './decisions_words.js';
import { say } from './messages.js';

const PAUSE = 900; // milliseconds without a change before the draft is kept and the table is checked

const editor = document.getElementById('table-editor');
const data = JSON.parse(document.getElementById('table-data').textContent);
const texts = JSON.parse(document.getElementById('table-texts').textContent);
const form = document.getElementById('preview-form');
const problems = document.getElementById('problems');
const state = document.getElementById('draft-state');
const recovered = document.getElementById('recovered');
const name = `${data.officer}/${data.key}`;
const token = document.querySelector('meta[name=csrf-token]').content;

editor.dataset.untranslated = '0';
const missed = new Set();
const translate = translator(data.language, (text) => {
  missed.add(text);
  editor.dataset.untranslated = String(missed.size);
  editor.dataset.missed = [...missed].join(' | ');
});

class TableManager extends EditingManager {
  _getViewProviders() {
    const opens = (element) => is(element, 'dmn:Decision') && is(element.decisionLogic, 'dmn:DecisionTable');
    return [{ id: 'decisionTable', constructor: TableEditor, opens }];
  }
}
const manager = new TableManager({
  container: editor,
  common: { dataTypes: ['string', 'number', 'boolean', 'date', 'time', 'dateTime', 'dayTimeDuration', 'yearMonthDuration', 'any'] },
  decisionTable: { additionalModules: [{ translate: ['value', translate] }] },
});

let base = data.base;
let timer = 0;
let asking = null;

const content = async () => (await manager.saveXML({ format: true })).xml;

async function check(xml) {
  asking?.abort();
  asking = new AbortController();
  const body = new FormData();
  body.append('content', xml);
  try {
    const answer = await fetch(form.dataset.check, { method: 'POST', body, headers: { 'X-CSRFToken': token }, signal: asking.signal });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    problems.innerHTML = await answer.text(); // the server's own markup, escaped there
    mark();
  } catch (error) {
    if (error.name !== 'AbortError') state.textContent = say('network');
  }
}

/** Mark the cells that something is wrong with, and make the list lead to them. */
function mark() {
  for (const cell of editor.querySelectorAll('[data-wrong]')) delete cell.dataset.wrong;
  for (const button of problems.querySelectorAll('[data-cell]')) {
    const cell = editor.querySelector(`td[data-element-id="${CSS.escape(button.dataset.cell)}"]`);
    if (cell) cell.dataset.wrong = button.dataset.severity;
  }
}

async function changed() {
  timer = 0;
  const xml = await content();
  form.elements.content.value = xml;
  if (keep(name, base, xml)) state.textContent = texts.kept.replace('{time}', new Date().toLocaleTimeString(document.documentElement.lang, { hour: '2-digit', minute: '2-digit' }));
  else state.textContent = texts.not_kept;
  editor.dataset.kept = String(Number(editor.dataset.kept ?? 0) + 1);
  await check(xml);
}

function later() {
  state.textContent = texts.changing;
  clearTimeout(timer);
  timer = setTimeout(changed, PAUSE);
}

async function open(xml) {
  await manager.importXML(xml, { open: false });
  const view = manager.getViews().find(({ element }) => element.id === data.key);
  await manager.open(view);
  const viewer = manager.getActiveViewer();
  viewer.get('eventBus').on('commandStack.changed', later);
  const stack = viewer.get('commandStack');
  for (const button of document.querySelectorAll('[data-table-act]')) button.onclick = () => stack[button.dataset.tableAct]();
  form.elements.content.value = xml;
  form.action = form.action.replace(/\/processes\/\d+\//, `/processes/${base}/`); // what the draft began with
  mark();
  editor.dataset.ready = '1';
}

async function start() {
  const draft = read(name);
  if (draft && draft.content === data.deployed) drop(name);
  let xml = data.content;
  if (data.returned) keep(name, base, xml);
  else if (draft && draft.content !== data.deployed) {
    xml = draft.content;
    base = draft.base;
    const at = new Date(draft.at).toLocaleString(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'short' });
    recovered.querySelector('[data-at]').textContent = texts.recovered.replace('{time}', at);
    recovered.hidden = false;
  }
  try {
    await open(xml);
    if (xml !== data.content) await check(xml);
  } catch (error) {
    console.warn(error);
    const failed = document.createElement('textarea');
    failed.value = xml;
    failed.readOnly = true;
    failed.className = 'form-control table-failed';
    failed.setAttribute('aria-label', texts.failed);
    editor.replaceChildren(Object.assign(document.createElement('p'), { textContent: texts.failed }), failed);
  }
}

recovered.querySelector('button').addEventListener('click', () => {
  drop(name);
  location.assign(form.dataset.editor);
});

// What stands in a cell that is still being typed in belongs to the table too: leave the cell before the form goes.
let ready = false;
form.addEventListener('submit', async (event) => {
  if (ready) {
    ready = false;
    return;
  }
  event.preventDefault();
  document.activeElement?.blur?.();
  clearTimeout(timer);
  await new Promise((done) => { setTimeout(done); }); // a form that is being sent cannot be sent anew before its event is over
  form.elements.content.value = await content();
  keep(name, base, form.elements.content.value);
  ready = true;
  form.requestSubmit(event.submitter);
});
addEventListener('keydown', (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 's') return;
  event.preventDefault();
  document.activeElement?.blur?.();
  clearTimeout(timer);
  changed();
});
document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-cell]');
  const cell = button && editor.querySelector(`td[data-element-id="${CSS.escape(button.dataset.cell)}"]`);
  if (!cell) return;
  cell.scrollIntoView({ block: 'center', inline: 'center' });
  (cell.querySelector('[contenteditable=true], [tabindex]') ?? cell).focus();
  cell.click();
});
// What is younger than the pause is kept on the way out.
addEventListener('pagehide', async () => {
  if (timer) keep(name, base, await content());
});

start();
