/** Fetch a page as a document; a session that has ended leads to the sign-in page. */
export async function page(url, options) {
  const answer = await fetch(url, options);
  if (answer.redirected) location.assign(url);
  if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
  return new DOMParser().parseFromString(await answer.text(), 'text/html');
}
