// A real issuer on a free port of 127.0.0.1: oidc-provider, whose keys a test changes while it runs.
//
//   node issuer.mjs     prints {"issuer":"http://127.0.0.1:PORT","jwks_uri":"...","kid":"..."}
//
// A line in, a line of JSON out:
//   rotate      a new key signs from now on and is the only one published
//   add         a new key signs from now on; those before stay published
//   drop        only the key that signs stays published       (each of the three: {"kid":"..."})
//   count       how often the key set was asked for            {"count":N}
//   access      a JWT access token, by client_credentials      {"token":"..."}
//   dpop_access one that is bound to a key (cnf.jkt)           {"token":"..."}
//   login       somebody logs in: {"access_token", "id_token", "refresh_token", "code"}
//   logout      the logout token that follows                  {"token":"..."}
//   introspection   the provider's answer about the refresh token, as RFC 9701 signs it
//   sign {"header":{...},"claims":{...}}    with the issuer's key and name, whatever it says
//
// oidc-provider takes its keys when it is made. A change of keys makes another one, with the same
// issuer and store, and the listener hands the next request to it: one serves the keys that it signs
// with, and no request meets half a change.

import { createServer } from 'node:http';
import { CompactSign, SignJWT, exportJWK, generateKeyPair, importJWK } from 'jose';
import Provider from 'oidc-provider';

import { login } from './login.mjs';
import { answerLines, say } from './lines.mjs';

const ALGORITHM = 'ES256';
const RESOURCE = 'https://api.example/';
const CLIENT = { id: 'machine', secret: 'machine-secret' };
const LOGIN_CLIENT = {
  id: 'browser', secret: 'browser-secret', redirect_uri: 'http://127.0.0.1/callback',
};

let provider;
let port;
let signing; // the private JWK
let published = []; // private JWKs; the first is `signing`
let made = 0;
let askedForKeys = 0;
let tokens; // of the last login
let hearLogout = () => {};

const issuer = () => `http://127.0.0.1:${port}`;

async function makeKey() {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  made += 1;
  return {
    ...(await exportJWK(privateKey)), kid: `${ALGORITHM.toLowerCase()}-${made}`, alg: ALGORITHM, use: 'sig',
  };
}

function clients() {
  const common = {
    id_token_signed_response_alg: ALGORITHM, introspection_signed_response_alg: ALGORITHM,
  };
  return [
    {
      ...common,
      client_id: CLIENT.id,
      client_secret: CLIENT.secret,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    },
    {
      ...common,
      client_id: LOGIN_CLIENT.id,
      client_secret: LOGIN_CLIENT.secret,
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: [LOGIN_CLIENT.redirect_uri],
      response_types: ['code'],
      backchannel_logout_uri: `${issuer()}/heard-logout`,
    },
  ];
}

function resourceServer() {
  return {
    scope: 'read write',
    audience: RESOURCE,
    accessTokenTTL: 3600,
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: ALGORITHM, kid: signing.kid } },
  };
}

function makeProvider(keys) {
  return new Provider(issuer(), {
    jwks: { keys },
    clients: clients(),
    cookies: { keys: ['not a secret'] },
    scopes: ['openid', 'offline_access', 'read', 'write'],
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    features: {
      backchannelLogout: { enabled: true },
      clientCredentials: { enabled: true },
      devInteractions: { enabled: true },
      dPoP: { enabled: true },
      introspection: { enabled: true },
      jwtIntrospection: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo: resourceServer,
      },
    },
  });
}

// `kept`: keys that stay published.
function publish(key, kept) {
  signing = key;
  published = [key, ...kept];
  provider = makeProvider(published);
  return { kid: key.kid };
}

async function ask(path, client, parameters, headers = {}) {
  const credentials = Buffer.from(`${client.id}:${client.secret}`).toString('base64');
  const response = await fetch(issuer() + path, {
    method: 'POST',
    headers: { authorization: `Basic ${credentials}`, ...headers },
    body: new URLSearchParams(parameters),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return text;
}

async function accessToken(headers) {
  const parameters = { grant_type: 'client_credentials', scope: 'read', resource: RESOURCE };
  return { token: JSON.parse(await ask('/token', CLIENT, parameters, headers)).access_token };
}

async function proof() {
  const { publicKey, privateKey } = await generateKeyPair(ALGORITHM);
  return new SignJWT({ htm: 'POST', htu: `${issuer()}/token`, jti: `proof-${Math.random()}` })
    .setIssuedAt()
    .setProtectedHeader({ alg: ALGORITHM, typ: 'dpop+jwt', jwk: await exportJWK(publicKey) })
    .sign(privateKey);
}

async function logIn() {
  const asked = { scope: 'openid offline_access read', resource: RESOURCE };
  const { code, verifier } = await login(issuer(), LOGIN_CLIENT, asked);
  const parameters = {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: LOGIN_CLIENT.redirect_uri,
  };
  tokens = { ...JSON.parse(await ask('/token', LOGIN_CLIENT, parameters)), code };
  return tokens;
}

async function logOut() {
  const heard = new Promise((resolve) => { hearLogout = resolve; });
  const client = await provider.Client.find(LOGIN_CLIENT.id);
  await client.backchannelLogout('somebody', 'session-1');
  return { token: new URLSearchParams(await heard).get('logout_token') };
}

async function introspection() {
  const accept = { accept: 'application/token-introspection+jwt' };
  const parameters = { token: tokens.refresh_token };
  return { token: await ask('/token/introspection', LOGIN_CLIENT, parameters, accept) };
}

async function sign(text) {
  const { header, claims } = JSON.parse(text);
  const now = Math.floor(Date.now() / 1000);
  const all = {
    iss: issuer(), sub: 'somebody', client_id: CLIENT.id, aud: RESOURCE, iat: now, exp: now + 3600, ...claims,
  };
  const token = await new CompactSign(new TextEncoder().encode(JSON.stringify(all)))
    .setProtectedHeader({ alg: ALGORITHM, typ: 'at+jwt', kid: signing.kid, ...header })
    .sign(await importJWK(signing, ALGORITHM));
  return { token };
}

const commands = {
  rotate: async () => publish(await makeKey(), []),
  add: async () => publish(await makeKey(), published),
  drop: () => publish(signing, []),
  count: () => ({ count: askedForKeys }),
  access: () => accessToken({}),
  dpop_access: async () => accessToken({ dpop: await proof() }),
  login: logIn,
  logout: logOut,
  introspection,
  sign,
};

async function handle(request, response) {
  if (request.url === '/heard-logout') {
    let body = '';
    for await (const chunk of request) body += chunk;
    response.end();
    hearLogout(body);
    return;
  }
  if (request.url === '/jwks') askedForKeys += 1;
  provider.callback()(request, response);
}

const server = createServer(handle);
await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
port = server.address().port;
const { kid } = publish(await makeKey(), []);
say({ issuer: issuer(), jwks_uri: `${issuer()}/jwks`, kid });
await answerLines((line) => {
  const [, command, rest] = /^(\w+) ?(.*)$/.exec(line);
  return commands[command](rest);
});
