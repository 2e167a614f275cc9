// Starts Bluesky's own PDS on this machine, with a PLC directory beside it, and one account; says where it is in one
// line of JSON, and ends when its input does. Argument: the entry of npm's @atproto/dev-env.
const { TestNetworkNoAppView } = await import(process.argv[2]);

const network = await TestNetworkNoAppView.create({});
const url = network.pds.url;

async function call(method, body, token) {
  const headers = { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) };
  const answer = await fetch(`${url}/xrpc/${method}`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

const handle = 'lamp.test';
const account = await call('com.atproto.server.createAccount', {
  handle, email: 'lamp@example.org', password: 'main-password',
});
const app = await call('com.atproto.server.createAppPassword', { name: 'publish' }, account.accessJwt);
console.log(JSON.stringify({ url, handle, did: account.did, password: app.password }));

process.stdin.resume();
process.stdin.on('end', async () => {
  await network.close();
  process.exit(0);
});
