import { randomBytes } from 'node:crypto';

/** One monitor, one object store daemon and one S3 gateway, all on 127.0.0.1, for tests: nothing is kept twice. */
export function cephConfig({ folder, fsid, ports, store = { kind: 'memstore', bytes: 4 * 2 ** 30 } }) {
  return `[global]
fsid = ${fsid}
mon host = [v2:127.0.0.1:${ports.monitor},v1:127.0.0.1:${ports.oldMonitor}]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
auth allow insecure global id reclaim = true
run dir = ${folder}/run
admin socket = ${folder}/run/$name.asok
pid file =
log file = ${folder}/$name.log
mon data = ${folder}/mon
osd data = ${folder}/osd
rgw data = ${folder}/rgw
keyring = ${folder}/keyring
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd crush initial weight = 1
mon allow pool size one = true
mon warn on pool no redundancy = false
mon data avail crit = 1
mon max pg per osd = 1000
paxos propose interval = 0.02
paxos min wait = 0.01
osd objectstore = ${store.kind}
memstore device bytes = ${store.bytes}
bluestore block size = ${store.bytes}
osd memory target = 939524096
osd op num shards = 2
rgw frontends = beast endpoint=127.0.0.1:${ports.gateway} tcp_nodelay=1
rgw thread pool size = 64
rgw gc obj min wait = 2
rgw gc processor period = 2
rgw gc processor max time = 2
`;
}

const everything = ['mon', 'osd'].map((kind) => `  caps ${kind} = "allow *"`).join('\n');

/** New keys for everybody in the cluster, as the monitor takes them in when it is made. */
export function cephKeyring() {
  const sections = ['mon.', 'client.admin', 'client.rgw.a', 'osd.0'].map((name) => `[${name}]\n  key = ${cephKey()}\n${everything}\n`);
  return sections.join('');
}

/** Kind (AES), time of creation (not looked at), length, secret: little endian. */
function cephKey() {
  const head = Buffer.alloc(12);
  head.writeUInt16LE(1, 0);
  head.writeUInt16LE(16, 10);
  return Buffer.concat([head, randomBytes(16)]).toString('base64');
}
