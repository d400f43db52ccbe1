/** The panels of filters and months: pages of their own, shown over the gallery. Loaded by the first click on one. */
import { find } from './studio.js';

/** What a panel brings to look right is there before it is shown. */
function styled(panel) {
  const sheet = find('link[rel="stylesheet"]', panel);
  return sheet && !sheet.sheet && new Promise((done) => { sheet.onload = done; sheet.onerror = done; });
}

/** Show the page a link leads to in its panel; one that can't be had is gone to instead. */
export async function open(link) {
  const panel = find(`#${link.dataset.panel}`);
  try {
    const answer = await fetch(link.href, { headers: { 'HX-Request': 'true' } });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    panel.innerHTML = await answer.text();
    await styled(panel);
  } catch {
    location.assign(link.href);
    return;
  }
  panel.showPopover();
  find('input, a', panel)?.focus();
}

// What is left open stands in no address.
document.addEventListener('formdata', ({ target, formData }) => {
  if (!target.closest('[popover]')) return;
  for (const [name, value] of [...formData]) if (!value) formData.delete(name);
});
