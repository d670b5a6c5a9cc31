// Forms that ask first: <form data-confirm="question" data-confirm-hint data-confirm-label data-confirm-tone>.
import { say } from './messages.js';

const dialog = document.getElementById('confirm');
let waiting = null; // the form and the button that was pressed

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (!form.dataset?.confirm || form.dataset.confirmed || !dialog) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  waiting = { form, submitter: event.submitter };
  dialog.querySelector('#confirm-title').textContent = form.dataset.confirm;
  const hint = dialog.querySelector('#confirm-hint');
  hint.textContent = form.dataset.confirmHint ?? '';
  hint.hidden = !hint.textContent;
  const yes = dialog.querySelector('[value=yes]');
  yes.textContent = form.dataset.confirmLabel || say('confirm');
  yes.className = `btn ${form.dataset.confirmTone === 'danger' ? 'btn-danger' : 'btn-primary'}`;
  dialog.returnValue = '';
  dialog.showModal();
}, true);

dialog?.addEventListener('close', () => {
  const asked = waiting;
  waiting = null;
  if (!asked || dialog.returnValue !== 'yes') return;
  asked.form.dataset.confirmed = '1';
  asked.form.requestSubmit(asked.submitter);
  delete asked.form.dataset.confirmed;
});
