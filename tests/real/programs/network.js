// What Node.js programs do with sockets, a part a run: node network.js PART. Prints the same each time.
'use strict';
const cluster = require('cluster');
const crypto = require('crypto');
const dgram = require('dgram');
const http = require('http');
const net = require('net');
const { execFile, fork } = require('child_process');
const { once } = require('events');

const listening = async (server, ...where) => {
  server.listen(...where);
  await once(server, 'listening');
  return server.address();
};

const fetchText = (options) => new Promise((resolve, reject) => {
  const request = http.request(options, async (response) => {
    let text = '';
    for await (const piece of response) text += piece;
    resolve(text);
  });
  request.on('error', reject);
  request.end(options.body);
});

const parts = {
  async http() {
    const server = http.createServer(async (request, response) => {
      const hash = crypto.createHash('sha256');
      for await (const piece of request) hash.update(piece);
      response.end(request.method + ' ' + request.url + ' ' + hash.digest('hex'));
    });
    const { port } = await listening(server, 0, '127.0.0.1');
    const agent = new http.Agent({ keepAlive: true, maxSockets: 10 });
    const body = Buffer.alloc(300000, 'x');
    const requests = Array.from({ length: 100 }, (_, number) =>
      fetchText({ host: '127.0.0.1', port, path: '/' + number, method: 'POST', agent, body }));
    console.log((await Promise.all(requests)).join('\n'));
    console.log(await (await fetch(`http://127.0.0.1:${port}/fetched`)).text());
    agent.destroy();
    server.close();
    server.closeAllConnections();
  },

  async streams() {
    for (const where of [[0, '127.0.0.1'], ['socket']]) {
      const server = net.createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
      const address = await listening(server, ...where);
      const client = net.connect(typeof address === 'string' ? address : address.port);
      const hash = crypto.createHash('sha256');
      let length = 0;
      client.on('data', (piece) => { length += piece.length; hash.update(piece); });
      for (let number = 0; number < 200; number++) {
        if (!client.write(Buffer.alloc(10000, number))) await once(client, 'drain');
      }
      client.end();
      await once(client, 'end');
      console.log(length, hash.digest('hex'));
      server.close();
      await once(server, 'close');
    }
  },

  async datagrams() {
    const server = dgram.createSocket('udp4');
    server.on('message', (message, from) => server.send(message.toString().toUpperCase(), from.port, from.address));
    server.bind(0, '127.0.0.1');
    await once(server, 'listening');
    const client = dgram.createSocket('udp4');
    for (let number = 0; number < 20; number++) {
      client.send('datagram ' + number, server.address().port, '127.0.0.1');
      const [message] = await once(client, 'message');
      console.log(message.toString());
    }
    client.close();
    server.close();
  },

  async cluster() {
    if (cluster.isWorker) {
      const server = http.createServer((request, response) => response.end('from a worker'));
      server.listen(0, '127.0.0.1');
      return;
    }
    for (const policy of [cluster.SCHED_RR, cluster.SCHED_NONE]) {
      cluster.schedulingPolicy = policy;
      const workers = Array.from({ length: 3 }, () => cluster.fork());
      const addresses = await Promise.all(workers.map((worker) => once(worker, 'listening')));
      const port = addresses[0][0].port;
      const requests = Array.from({ length: 60 }, () => fetchText({ host: '127.0.0.1', port, agent: false }));
      console.log(new Set(await Promise.all(requests)), new Set(addresses.map(([{ port }]) => port)).size);
      const exits = workers.map((worker) => once(worker, 'exit'));
      workers.forEach((worker) => worker.disconnect());
      console.log((await Promise.all(exits)).map(([code]) => code));
    }
  },

  async children() {
    await new Promise((resolve) => execFile('sh', ['-c', 'seq 100000 | tail -1; exit 3'], (error, out) => {
      console.log(error.code, out.trim());
      resolve();
    }));
    const child = fork(__filename, ['child']);
    child.send({ question: 'x'.repeat(200000) });
    const [answer] = await once(child, 'message');
    console.log(answer, (await once(child, 'exit'))[0]);
    // A socket handed to another process.
    const server = net.createServer((socket) => {
      const taker = fork(__filename, ['taker']);
      taker.send('take', socket);
    });
    const { port } = await listening(server, 0, '127.0.0.1');
    const client = net.connect(port, '127.0.0.1');
    const [greeting] = await once(client, 'data');
    console.log(greeting.toString());
    client.destroy();
    server.close();
  },

  async failures() {
    const server = net.createServer();
    const { port } = await listening(server, 0, '127.0.0.1');
    const second = net.createServer();
    second.listen(port, '127.0.0.1');
    console.log((await once(second, 'error'))[0].code);
    server.close();
    await once(server, 'close');
    console.log((await once(net.connect(port, '127.0.0.1'), 'error'))[0].code);
    console.log((await once(net.connect('/nonexistent/socket'), 'error'))[0].code);
  },

  async child() {
    const [message] = await once(process, 'message');
    process.send({ length: message.question.length });
    process.disconnect();
  },

  async taker() {
    const [, socket] = await once(process, 'message');
    socket.end('from the one who took it');
    process.disconnect();
  },
};

parts[process.argv[2]]();
