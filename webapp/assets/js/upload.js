// Choosing or dropping a file, and how far its upload is: <form data-upload> with the macro upload() inside.
import htmx from 'htmx.org/dist/htmx.esm.js';
import { say } from './messages.js';
import { toast } from './toasts.js';

function size(bytes) {
  return bytes < 1024 * 1024 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

function showChosen(box) {
  const files = [...box.querySelector('input[type=file]').files];
  box.querySelector('[data-chosen]').textContent = files.map((file) => say('chosen', { name: file.name, size: size(file.size) })).join('\n');
  box.classList.toggle('has-file', files.length > 0);
}

document.addEventListener('change', (event) => {
  const box = event.target.closest?.('[data-drop]');
  if (box) showChosen(box);
});
for (const kind of ['dragover', 'dragleave', 'drop']) {
  document.addEventListener(kind, (event) => {
    const box = event.target.closest?.('[data-drop]');
    if (!box) return;
    event.preventDefault();
    box.classList.toggle('is-over', kind === 'dragover');
    if (kind !== 'drop' || !event.dataTransfer.files.length) return;
    box.querySelector('input[type=file]').files = event.dataTransfer.files;
    showChosen(box);
  });
}

function show(form, percent) {
  const row = form.querySelector('[data-upload-progress]');
  if (!row) return;
  row.hidden = false;
  row.querySelector('progress').value = percent;
  row.querySelector('span').textContent = percent < 100 ? say('uploading', { percent }) : say('working');
}

// The answer is a whole page, of another address after a redirect. It is put in place of this one and not asked for
// again, because its message ("imported …") is shown only once.
function arrive(form, request) {
  const fresh = new DOMParser().parseFromString(request.responseText, 'text/html');
  const main = fresh.querySelector('main');
  if (main && !fresh.querySelector('.shell')) return location.assign(request.responseURL); // the log-in: the session is over
  if (!main) return toast(say('server', { status: request.status }), 'late');
  // A page that answers the POST itself has no address of its own that could be asked for again.
  if (request.responseURL !== form.action) {
    history.pushState({}, '', request.responseURL);
    addEventListener('popstate', () => location.reload(), { once: true });
  }
  document.title = fresh.title;
  document.querySelector('main').replaceWith(main);
  htmx.process(main);
  scrollTo(0, 0);
  main.focus();
  return null;
}

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.dataset?.upload === undefined || event.defaultPrevented || !form.querySelector('input[type=file]')?.files.length) return;
  event.preventDefault();
  const request = new XMLHttpRequest();
  const done = () => form.dispatchEvent(new Event('uploadend', { bubbles: true }));
  request.upload.addEventListener('progress', (at) => at.lengthComputable && show(form, Math.floor((at.loaded / at.total) * 100)));
  request.addEventListener('load', () => { done(); arrive(form, request); });
  request.addEventListener('error', () => { done(); toast(say('network'), 'late'); });
  request.open('POST', form.action);
  request.send(new FormData(form, event.submitter));
});
