// Signs whatever a test wants to see signed, with an implementation of JOSE that is not ours.
//
//   node mint.mjs JWKS_FILE     the file gets the issuer's public keys; then {"ready":true}
//
// A line in, a line out, {"token":"..."}; every member may be missing:
//   {"alg":"ES256","key":"attacker","header":{...},"claims":{...}}
//       The header is alg, typ at+jwt, kid, and what `header` says over them (null: not there).
//       `payload` (a string) takes the place of `claims`, for what JSON.stringify cannot say.
//   {"alg":"HS256","secret":"...","header":{...},"claims":{...}}    keyed with any text
//   {"raw":{"header":{...},"payload":"...","signature":"..."}}      nothing is signed
//   {"export":"RS256","key":"attacker"}    {"pem":"...","jwk":{...}} of the public key
//
// The attacker has keys of the same kinds and names as the issuer, which nobody publishes.

import { writeFileSync } from 'node:fs';
import { CompactSign, base64url, exportJWK, exportSPKI, generateKeyPair } from 'jose';

import { answerLines, say } from './lines.mjs';

const ALGORITHMS = [
  'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA',
];

const kidOf = (alg) => `${alg.toLowerCase()}-1`;

async function makeKeys() {
  const pairs = ALGORITHMS.map((alg) => generateKeyPair(alg, { crv: 'Ed25519', extractable: true }));
  return Object.fromEntries((await Promise.all(pairs)).map((pair, i) => [ALGORITHMS[i], pair]));
}

const keys = { issuer: await makeKeys(), attacker: await makeKeys() };

const pairOf = ({ key = 'issuer' }, alg) => keys[key][alg];

async function publicJwk(pair, alg) {
  return { ...(await exportJWK(pair.publicKey)), kid: kidOf(alg), alg, use: 'sig' };
}

function headerOf({ alg, header = {} }) {
  const all = { alg, typ: 'at+jwt', kid: kidOf(alg), ...header };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
}

// What it calls critical it is taken to know, so that others can be asked what they make of it.
function signed(request, key) {
  const header = headerOf(request);
  const crit = Object.fromEntries((header.crit ?? []).map((name) => [name, true]));
  const payload = request.payload ?? JSON.stringify(request.claims ?? {});
  return new CompactSign(new TextEncoder().encode(payload)).setProtectedHeader(header)
    .sign(key, { crit });
}

function unsigned({ header, payload, signature = '' }) {
  return `${base64url.encode(JSON.stringify(header))}.${base64url.encode(payload)}.${signature}`;
}

async function answer(line) {
  const request = JSON.parse(line);
  if (request.raw) return { token: unsigned(request.raw) };
  if (request.export) {
    const pair = pairOf(request, request.export);
    return { pem: await exportSPKI(pair.publicKey), jwk: await publicJwk(pair, request.export) };
  }
  if (request.secret !== undefined) {
    return { token: await signed(request, new TextEncoder().encode(request.secret)) };
  }
  return { token: await signed(request, pairOf(request, request.alg).privateKey) };
}

const published = ALGORITHMS.map((alg) => publicJwk(keys.issuer[alg], alg));
writeFileSync(process.argv[2], JSON.stringify({ keys: await Promise.all(published) }));
say({ ready: true });
await answerLines(answer);
