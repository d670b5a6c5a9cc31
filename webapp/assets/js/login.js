// The demo's accounts: a click fills the form, a second one (Enter) logs in.
document.addEventListener('click', (event) => {
  const account = event.target.closest('[data-fill]');
  if (!account) return;
  const form = document.querySelector('[data-login]');
  form.elements.login.value = account.dataset.fill;
  form.elements.password.value = account.dataset.password;
  form.querySelector('button').focus();
});
