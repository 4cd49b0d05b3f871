// Node's https as a client, with an agent that keeps its connections.
//
// usage: node tls_peer.mjs PORT CA AUTHORIZATION
import fs from 'node:fs';
import https from 'node:https';

const [port, ca, authorization] = process.argv.slice(2);
const agent = new https.Agent({keepAlive: true, maxSockets: 4, ca: fs.readFileSync(ca)});

function ask() {
  return new Promise((resolve, reject) => {
    const request = https.request({
      host: 'localhost', family: 4, port, path: '/introspect', method: 'POST', agent,
      headers: {authorization, 'content-type': 'application/x-www-form-urlencoded'},
    }, (response) => {
      let body = '';
      response.on('data', (part) => { body += part; });
      response.on('end', () => resolve(`${response.statusCode} ${body}`));
    });
    request.on('error', reject);
    request.end('token=unknown');
  });
}

const answers = await Promise.all(Array.from({length: 200}, ask));
console.log([...new Set(answers)].join('\n'));
agent.destroy();
