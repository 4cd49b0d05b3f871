// How a test talks with a peer: a line in, a line of JSON out, in order. Whatever else somebody
// prints goes to standard error, so that an answer is never mixed with a remark.

import { createInterface } from 'node:readline';

console.log = console.error;
console.info = console.error;
console.debug = console.error;

export function say(answer) {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

// Ends with its input: the test that asked is gone.
export async function answerLines(answer) {
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      say(await answer(line));
    } catch (error) {
      say({ error: String(error?.stack ?? error) });
    }
  }
  process.exit(0);
}
