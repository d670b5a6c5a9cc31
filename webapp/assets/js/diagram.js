// The live diagram: what is done, what is active, what is late. Every card brings a list that says the same, which is
// what people without a mouse or without scripts use; here is only the picture. Data: components/diagram.html.
import Viewer from 'bpmn-js/lib/NavigatedViewer';
import '../css/diagram.css';
import { say } from './messages.js';

const READABLE = 0.62; // below this scale Chinese labels cannot be read, and a part of the diagram is shown instead
const COMFORTABLE = 0.8;
const LOWEST = 180; // height of the picture, pixels
const HIGHEST = innerWidth < 820 ? 300 : 440; // on a phone the form below must not be pushed out of reach
const MARGIN = 12;

function pill(number, late) {
  const node = document.createElement('div');
  node.className = late ? 'pill pill-late' : 'pill';
  node.textContent = late && late !== number ? `${number} · ${say('late_short', { late })}` : String(number);
  node.title = late ? say('count_late', { n: number, late }) : say('count', { n: number });
  return node;
}

/** The flows that a token must have passed, when only the elements are known: where there was no choice, or none other. */
function taken(registry, visited) {
  return registry.filter(({ type, source, target }) => {
    if (type !== 'bpmn:SequenceFlow' || !visited.has(source.id) || !visited.has(target.id)) return false;
    const flows = (list) => list.filter((flow) => flow.type === 'bpmn:SequenceFlow').length;
    return flows(source.outgoing) === 1 || flows(target.incoming) === 1;
  }).map(({ id }) => id);
}

/** Draw one process into its panel; `open` is called with the key of a called process that was clicked. */
async function draw(panel, process, open) {
  const host = panel.querySelector('[data-canvas]');
  const colours = { defaultFillColor: 'var(--diagram-fill)', defaultStrokeColor: 'var(--diagram-stroke)', defaultLabelColor: 'var(--diagram-label)' };
  const fontFamily = getComputedStyle(host).fontFamily;
  const viewer = new Viewer({
    container: host,
    bpmnRenderer: colours,
    textRenderer: { defaultStyle: { fontFamily, fontSize: 15, lineHeight: 1.3 }, externalStyle: { fontFamily, fontSize: 12, lineHeight: 1.3 } },
    zoomScroll: { enabled: false }, // or the wheel would no longer scroll the page
  });
  await viewer.importXML(process.xml);
  const canvas = viewer.get('canvas');
  const registry = viewer.get('elementRegistry');
  const known = (ids) => (ids ?? []).filter((id) => registry.get(id));

  // An expanded sub-process shows its state by its edge: what is inside must stay readable.
  for (const { id } of registry.filter(({ type, collapsed }) => type === 'bpmn:SubProcess' && !collapsed)) canvas.addMarker(id, 'is-around');
  for (const id of known(process.done)) canvas.addMarker(id, 'is-done');
  for (const id of known(process.path ?? taken(registry, new Set([...process.done, ...process.active, ...process.late])))) canvas.addMarker(id, 'is-path');
  for (const id of known(process.active)) canvas.addMarker(id, 'is-active');
  for (const id of known(process.late)) canvas.addMarker(id, 'is-late');
  for (const id of known(process.wrong)) canvas.addMarker(id, 'is-wrong');
  for (const id of known(Object.keys(process.called ?? {}))) canvas.addMarker(id, 'is-called');
  for (const id of known(Object.keys(process.counts ?? {}))) {
    const given = process.counts[id];
    const { n, late } = typeof given === 'number' ? { n: given, late: process.late?.includes(id) ? given : 0 } : given;
    if (n) viewer.get('overlays').add(id, 'count', { position: { top: -12, right: 16 }, scale: { min: 0.85, max: 1.15 }, html: pill(n, late) });
  }
  viewer.get('eventBus').on('element.click', ({ element }) => {
    const key = process.called?.[element.id];
    if (key) open(key);
  });

  const target = registry.get(known(process.late)[0] ?? known(process.wrong)[0] ?? known(process.active)[0] ?? known(process.done).at(-1)) ?? registry.find(({ type }) => type === 'bpmn:StartEvent');
  const centre = (scale) => {
    const { inner } = canvas.viewbox();
    const at = target ?? inner;
    const { width, height } = host.getBoundingClientRect();
    const view = { width: width / scale, height: height / scale };
    // Centred on the step at hand, but never showing emptiness beyond an edge while there is more on the other side.
    const place = (middle, size, start, length) => (length <= size ? start - (size - length) / 2
      : Math.max(start - MARGIN, Math.min(start + length + MARGIN - size, middle - size / 2)));
    canvas.viewbox({
      x: place(at.x + at.width / 2, view.width, inner.x, inner.width),
      y: place(at.y + at.height / 2, view.height, inner.y, inner.height),
      ...view,
    });
  };
  const fitting = () => {
    const { inner } = canvas.viewbox();
    const { width, height } = host.getBoundingClientRect();
    return Math.min(1, (width - 2 * MARGIN) / inner.width, (height - 2 * MARGIN) / inner.height);
  };
  const arrange = () => {
    if (!host.offsetWidth) return; // folded away in another tab
    const { inner } = canvas.viewbox();
    const byWidth = Math.min(1, (host.offsetWidth - 2 * MARGIN) / inner.width);
    const scale = byWidth >= READABLE ? byWidth : COMFORTABLE;
    if (!document.fullscreenElement) host.style.height = `${Math.round(Math.max(LOWEST, Math.min(HIGHEST, inner.height * scale + 2 * MARGIN)))}px`;
    canvas.resized();
    const whole = fitting();
    centre(whole >= READABLE ? whole : scale);
  };

  const svg = host.querySelector('.djs-container svg');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', say('diagram', { name: process.name }));
  panel.querySelector('.diagram-zoom').addEventListener('click', (event) => {
    const act = event.target.closest('[data-zoom]')?.dataset.zoom;
    if (act === 'in' || act === 'out') canvas.zoom(canvas.zoom() * (act === 'in' ? 1.25 : 0.8));
    if (act === 'fit') centre(fitting());
    if (act === 'now') centre(Math.max(COMFORTABLE, canvas.zoom()));
    if (act === 'full') {
      if (document.fullscreenElement) document.exitFullscreen();
      else panel.querySelector('.diagram-frame').requestFullscreen();
    }
  });
  document.addEventListener('fullscreenchange', () => {
    if (document.fullscreenElement?.contains(host)) {
      host.style.height = '';
      canvas.resized();
      centre(fitting());
    } else arrange();
  });
  addEventListener('beforeprint', () => host.offsetWidth && centre(fitting())); // paper has no way to move the picture
  addEventListener('afterprint', arrange);
  arrange();
  let width = host.offsetWidth;
  new ResizeObserver(() => {
    if (host.offsetWidth === width || document.fullscreenElement) return;
    width = host.offsetWidth;
    arrange();
  }).observe(host);
  panel.dataset.ready = '1';

  /** Bring one element into the middle and mark it, and no other. */
  return (id) => {
    const element = registry.get(id);
    if (!element) return;
    for (const { id: other } of registry.filter((each) => canvas.hasMarker(each.id, 'is-shown'))) canvas.removeMarker(other, 'is-shown');
    canvas.addMarker(id, 'is-shown');
    canvas.scrollToElement(element);
  };
}

function mount(card) {
  const processes = JSON.parse(document.getElementById(card.dataset.diagrams).textContent);
  const tabs = [...card.querySelectorAll('[role=tab]')];
  const panelOf = (key) => card.querySelector(`[data-panel="${CSS.escape(key)}"]`);
  const drawn = new Map(); // key to a promise of what shows an element in its picture

  async function open(key, focus = false) {
    for (const tab of tabs) {
      const chosen = tab.dataset.key === key;
      tab.setAttribute('aria-selected', String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      if (chosen && focus) tab.focus();
    }
    for (const process of processes) panelOf(process.key).hidden = process.key !== key;
    if (!drawn.has(key)) drawn.set(key, picture(key));
    return drawn.get(key);
  }

  async function picture(key) {
    const panel = panelOf(key);
    try {
      return await draw(panel, processes.find((process) => process.key === key), (called) => open(called, true));
    } catch (error) {
      // The list says the same as the picture: show it, and say why.
      console.warn(error);
      panel.querySelector('.diagram-frame').replaceWith(Object.assign(document.createElement('p'), { className: 'diagram-failed', textContent: say('diagram_failed') }));
      panel.querySelector('details').open = true;
      return undefined;
    }
  }

  // Whatever names an element of one of these diagrams (data-shows, data-in) shows it when it is clicked.
  document.addEventListener('click', async (event) => {
    const link = event.target.closest('[data-shows]');
    if (!link || !processes.some((process) => process.key === link.dataset.in)) return;
    const show = await open(link.dataset.in);
    show?.(link.dataset.shows);
    card.scrollIntoView({ block: 'nearest' });
  });

  for (const tab of tabs) tab.addEventListener('click', () => open(tab.dataset.key));
  card.querySelector('[role=tablist]')?.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const at = tabs.findIndex((tab) => tab.getAttribute('aria-selected') === 'true');
    open(tabs[(at + step + tabs.length) % tabs.length].dataset.key, true);
  });
  const busy = processes.filter((process) => process.active?.length || process.late?.length);
  open((card.dataset.open || busy.at(-1)?.key) ?? processes[0].key);
}

for (const card of document.querySelectorAll('[data-diagrams]')) mount(card);
