/**
 * The keys that do something: a page of its own, shown in a dialog. Loaded when somebody asks for it, by studio.js,
 * which gives its tools along: two modules that import each other can't both be named by their hashes.
 */

const PAGE = '/keys/';

async function build({ find, icon, make }) {
  const answer = await fetch(PAGE, { headers: { 'HX-Request': 'true' } });
  if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
  const close = make('button', { className: 'btn ghost icon', type: 'button', ariaLabel: 'Close' }, icon('x'));
  const head = make('header', {}, make('h2', { id: 'keys-title', textContent: 'Keys' }), close);
  const list = make('div', { innerHTML: await answer.text() });
  const dialog = make('dialog', { id: 'keys-dialog', className: 'keys-dialog' }, head, list);
  dialog.setAttribute('aria-labelledby', 'keys-title');
  close.addEventListener('click', () => dialog.close());
  // A click beside it.
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  const sheet = find('link', list);
  const styled = new Promise((done) => { sheet.onload = done; sheet.onerror = done; });
  document.body.append(dialog);
  await styled;
  return dialog;
}

/** Show the keys; where they can't be had in place, on their page. */
export async function open(tools) {
  try {
    const dialog = document.querySelector('#keys-dialog') ?? await build(tools);
    if (!dialog.open) dialog.showModal();
  } catch {
    location.assign(PAGE);
  }
}
