// Every page: htmx, the frame, lists, dialogs, deadlines, uploads and forms.
import '../css/app.css';
import htmx from 'htmx.org/dist/htmx.esm.js';
import { say } from './messages.js';
import { toast } from './toasts.js';
import './appearance.js';
import './choosing.js';
import './confirm.js';
import './copy.js';
import './deadlines.js';
import './filters.js';
import './keyboard.js';
import './login.js';
import './menus.js';
import './counters.js';
import './tips.js';
import './forms.js';
import './submit.js'; // after whatever may still stop a form from being sent
import './upload.js';

// Nothing here may need inline script, eval or a style attribute: the page's policy forbids all three.
Object.assign(htmx.config, {
  allowEval: false,
  allowScriptTags: false,
  includeIndicatorStyles: false,
  attributesToSettle: ['class'],
  selfRequestsOnly: true,
  historyCacheSize: 0, // pages hold personal data and must not stay in the browser's storage
  responseHandling: [
    { code: '204', swap: false },
    { code: '[23]..', swap: true },
    { code: '422', swap: true }, // a form with its errors
    { code: '...', swap: false, error: true },
  ],
});

const token = document.querySelector('meta[name=csrf-token]')?.content;
document.addEventListener('htmx:configRequest', (event) => {
  if (token) event.detail.headers['X-CSRFToken'] = token;
});
// A part of a page that renews itself (hx-trigger="every …") waits while nobody looks, or while somebody is working in it.
document.addEventListener('htmx:beforeRequest', (event) => {
  const { elt } = event.detail;
  if (!elt.getAttribute('hx-trigger')?.startsWith('every')) return;
  if (document.hidden || elt.contains(document.activeElement) || document.querySelector('dialog[open]')) event.preventDefault();
});
document.addEventListener('htmx:sendError', () => toast(say('network'), 'late'));
document.addEventListener('htmx:responseError', (event) => {
  const { status } = event.detail.xhr;
  toast(status === 401 ? say('expired') : say('server', { status }), 'late');
});

document.addEventListener('click', (event) => {
  const action = event.target.closest('[data-act]')?.dataset.act;
  if (action === 'print') print();
  if (action === 'dismiss') event.target.closest('.flash').remove();
  if (action === 'keys') document.getElementById('keys')?.showModal();
});
