/* A zyre.js node of the interop tests, which tell it on stdin what to do, as they do node.py.
 *
 *     node node.js NAME PORT [KEY=VALUE...]
 *
 * zyre.js sends one frame, and keeps the first one of each message.
 */

'use strict';

const net = require('net');
const os = require('os');
const readline = require('readline');
const Zyre = require('zyre.js');

const LIMIT = 180; // seconds

const decode = (frame) => Buffer.from(frame === '-' ? '' : frame, 'hex');
const encode = (frame) => frame.toString('hex') || '-';
const print = (...words) => process.stdout.write(`${words.join(' ')}\n`);

/** The first address on a network. */
function address() {
  const all = Object.values(os.networkInterfaces()).flat();
  return all.find((it) => it.family === 'IPv4' && !it.internal).address;
}

/** A port that nobody has. Of two zyre.js that look for one at once, both take the same. */
function freePort() {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function tellEvents(node) {
  const id = (peer) => peer.toUpperCase();
  // zyre.js tells of the groups that a peer is in before it tells of the peer.
  const known = new Set();
  const early = [];
  node.on('connect', (peer, name, headers) => {
    const pairs = Object.entries(headers).map((pair) => pair.join('=')).sort();
    print('ENTER', id(peer), name, node.getPeer(peer).endpoint, ...pairs);
    known.add(peer);
    early.splice(0).forEach((group) => print('JOIN', id(peer), group));
  });
  node.on('disconnect', (peer) => {
    if (known.delete(peer)) print('EXIT', id(peer));
  });
  node.on('join', (peer, name, group) => {
    if (known.has(peer)) print('JOIN', id(peer), group);
    else early.push(group);
  });
  node.on('leave', (peer, name, group) => print('LEAVE', id(peer), group));
  node.on('whisper', (peer, name, frame) => print('WHISPER', id(peer), encode(frame)));
  node.on('shout', (peer, name, frame, group) => print('SHOUT', id(peer), group, encode(frame)));
}

const commands = {
  join: (node, group) => node.join(group),
  leave: (node, group) => node.leave(group),
  whisper: (node, peer, frame) => node.whisper(peer.toLowerCase(), decode(frame)),
  shout: (node, group, frame) => node.shout(group, decode(frame)),
  numbers(node, peer, count) {
    for (let number = 0; number < count; number += 1) {
      node.whisper(peer.toLowerCase(), String(number));
    }
  },
  stop: (node) => node.stop(() => process.exit(0)),
};

async function main([name, bport, ...pairs]) {
  setTimeout(() => process.exit(1), LIMIT * 1000).unref();
  const headers = Object.fromEntries(pairs.map((pair) => pair.split('=')));
  const iface = address();
  const port = await freePort();
  const node = Zyre.new({ name, iface, headers, bport: Number(bport), port });
  node.setEncoding('raw');
  tellEvents(node);
  await node.start();
  print('ready', node.getIdentity().toUpperCase(), `tcp://${iface}:${port}`);
  let stopped = false;
  const lines = readline.createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    const [command, ...words] = line.split(' ');
    stopped = command === 'stop';
    commands[command](node, ...words);
  });
  lines.on('close', () => stopped || process.exit(0));
}

main(process.argv.slice(2));
