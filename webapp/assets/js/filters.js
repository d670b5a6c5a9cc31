// A filter form sends itself when something in it changes; its button is for browsers without scripts.
for (const button of document.querySelectorAll('[data-autosubmit-button]')) button.hidden = true;

document.addEventListener('change', (event) => {
  const form = event.target.closest?.('form[data-autosubmit]');
  if (form) form.requestSubmit();
});

// Empty fields do not belong into the address.
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.dataset?.autosubmit === undefined || form.method !== 'get') return;
  for (const field of form.elements) if (field.name && field.value === '') field.disabled = true;
  setTimeout(() => { for (const field of form.elements) field.disabled = false; });
});
