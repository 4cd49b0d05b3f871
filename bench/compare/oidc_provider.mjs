// npm's oidc-provider with one client, which gets opaque tokens with its own credentials and may ask
// about them; for bench/compare. What is kept is kept in Maps: the adapter that it brings forgets
// all but the newest thousand.
//
//   node --expose-gc oidc_provider.mjs PEERS CLIENT_ID CLIENT_SECRET
//
// PEERS is the directory in whose node_modules it is. Prints "listening on http://127.0.0.1:PORT";
// SIGUSR2 collects garbage.

import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const LIFETIME_S = 86400; // longer than any bench
const [peers, clientId, clientSecret] = process.argv.slice(2);
const library = createRequire(`${peers}/`).resolve('oidc-provider');
const { default: Provider } = await import(pathToFileURL(library));

// As much of an adapter as client_credentials and introspection use.
class MapAdapter {
  #kept = new Map();

  async upsert(id, payload) { this.#kept.set(id, payload); }

  async find(id) { return this.#kept.get(id); }

  async destroy(id) { this.#kept.delete(id); }
}

function signingKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig' };
}

function makeProvider(issuer) {
  return new Provider(issuer, {
    adapter: MapAdapter,
    jwks: { keys: [signingKey()] },
    clients: [{
      client_id: clientId,
      client_secret: clientSecret,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    }],
    cookies: { keys: ['not a secret'] },
    scopes: ['read', 'write'],
    ttl: { ClientCredentials: LIFETIME_S },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      introspection: { enabled: true, allowedPolicy: () => true },
    },
  });
}

process.on('SIGUSR2', globalThis.gc);
const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  server.on('request', makeProvider(issuer).callback());
  process.stdout.write(`listening on ${issuer}\n`);
});
