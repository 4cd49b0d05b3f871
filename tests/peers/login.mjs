// A browser's part of a login at oidc-provider's own pages: redirects, cookies, two forms.

import { createHash, randomBytes } from 'node:crypto';

class Browser {
  #cookies = new Map();

  // Only paths matter: the provider's cookies differ in nothing else.
  #cookiesFor(url) {
    const sent = [...this.#cookies.values()].filter(({ path }) => url.pathname.startsWith(path));
    return sent.map(({ pair }) => pair).join('; ');
  }

  #keep(line) {
    const [pair, ...attributes] = line.split(/; */);
    const path = attributes.find((text) => text.startsWith('path='))?.slice('path='.length) ?? '/';
    const name = pair.split('=')[0];
    const key = `${name} ${path}`;
    if (pair === `${name}=`) this.#cookies.delete(key);
    else this.#cookies.set(key, { pair, path });
  }

  // Where the answer leads.
  async go(url, form) {
    const response = await fetch(url, {
      method: form ? 'POST' : 'GET',
      redirect: 'manual',
      headers: { cookie: this.#cookiesFor(url) },
      body: form && new URLSearchParams(form),
    });
    const text = await response.text();
    response.headers.getSetCookie().forEach((line) => this.#keep(line));
    const location = response.headers.get('location');
    if (!location) throw new Error(`${url.pathname}: ${response.status} ${text}`);
    return new URL(location, url);
  }
}

function authorizationUrl(issuer, client, asked, verifier) {
  const url = new URL('/auth', issuer);
  url.search = new URLSearchParams({
    client_id: client.id,
    response_type: 'code',
    redirect_uri: client.redirect_uri,
    prompt: 'consent', // without it there is no refresh token
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...asked,
  });
  return url;
}

// The authorization code, and the PKCE verifier that goes with it.
export async function login(issuer, client, asked) {
  const verifier = randomBytes(32).toString('base64url');
  const browser = new Browser();
  const forms = [{ prompt: 'login', login: 'somebody', password: 'any' }, { prompt: 'consent' }];
  let url = await browser.go(authorizationUrl(issuer, client, asked, verifier));
  while (!url.href.startsWith(client.redirect_uri)) {
    const form = url.pathname.startsWith('/interaction/') ? forms.shift() : undefined;
    url = await browser.go(url, form);
  }
  const code = url.searchParams.get('code');
  if (!code) throw new Error(`no code: ${url.search}`);
  return { code, verifier };
}
