// A button that copies a field's text: <button data-copy="id of the field" data-copied="what to say">.
import { toast } from './toasts.js';

document.addEventListener('click', async (event) => {
  const button = event.target.closest('[data-copy]');
  const field = button && document.getElementById(button.dataset.copy);
  if (!field) return;
  field.focus();
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    // Browsers keep the clipboard from pages without https; the text is selected, the older way still works there.
    if (!document.execCommand('copy')) return;
  }
  toast(button.dataset.copied, 'ok');
});
