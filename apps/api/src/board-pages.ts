/** The two small pages at the board's door. They hold no script and nothing of the request. */

export function logInPage(notice = ""): string {
  return page(
    "Queues",
    `<form method="post" action="/admin/queues/login">
  <label for="key">Admin key</label>
  <input id="key" name="key" type="password" autocomplete="current-password" required autofocus>
  <p role="alert">${notice}</p>
  <button>Log in</button>
</form>`,
  );
}

export function logOutPage(): string {
  return page(
    "Log out",
    `<form method="post" action="/admin/queues/logout">
  <p><a href="/admin/queues">Back to the queues</a></p>
  <button>Log out</button>
</form>`,
  );
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Pawl: ${title}</title>
<style>
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { display: grid; place-items: center; min-height: 90vh; margin: 0; }
  form { width: min(20rem, 90vw); display: grid; gap: .5rem; }
  input, button { font: inherit; padding: .5rem; }
  p { margin: 0; min-height: 1.5em; }
</style>
<main>
<h1>${title}</h1>
${body}
</main>
</html>
`;
}
