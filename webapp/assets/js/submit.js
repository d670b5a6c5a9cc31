// A form is sent once: the button that sent it says so until the answer comes.
import { say } from './messages.js';

function release(form) {
  delete form.dataset.sending;
  for (const button of form.querySelectorAll('[aria-busy=true]')) {
    button.removeAttribute('aria-busy');
    button.classList.remove('is-busy');
  }
}

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.method !== 'post' || event.defaultPrevented) return;
  if (form.dataset.sending) {
    event.preventDefault();
    return;
  }
  form.dataset.sending = '1';
  // Not `disabled`: the value of the button that was pressed must go with the form.
  const button = event.submitter;
  if (button) {
    button.setAttribute('aria-busy', 'true');
    button.classList.add('is-busy');
    button.title = say('sending');
  }
});

document.addEventListener('htmx:afterRequest', (event) => event.target.closest?.('form') && release(event.target.closest('form')));
document.addEventListener('uploadend', (event) => release(event.target));
// The page may come back from the browser's cache with the form still marked.
addEventListener('pageshow', (event) => event.persisted && document.querySelectorAll('form[data-sending]').forEach(release));
