import assert from 'node:assert/strict';
import { it } from 'node:test';
import { configOf } from '../../test/support/running-balancer.ts';
import { ListenError } from '../runtime/control/listen-error.ts';
import { describeHolder, explainListenError } from './port-in-use.ts';

it('who has a port is called another Fairlead where it is one, however it was started', () => {
  const holder = { pid: 7, program: 'node', folder: '/' };
  for (const command of [
    ['node', '/usr/lib/node_modules/fairlead/bin/fairlead.js', 'run'],
    ['node', '/app/node_modules/.bin/fairlead', 'run', '-c', 'a.yaml'],
    ['/usr/bin/node', '--max-old-space-size=100', 'bin/fairlead.js', 'dev'],
  ])
    assert.equal(describeHolder({ ...holder, command }), 'another Fairlead, process 7');
  for (const command of [['node', 'server.js', 'fairlead.yaml'], ['node', '/srv/fairlead/server.js'], []])
    assert.equal(describeHolder({ ...holder, command }), 'node, process 7');
});

it('a port that this user may not open is told with each cure: another port, the unit of systemd, the system', async () => {
  const web = configOf('listeners: { web: "127.0.0.1:80" }\npools: { web: ["127.0.0.1:1"] }').listeners[0];
  const text = await explainListenError(new ListenError(web, Object.assign(new Error(), { code: 'EACCES' })), true);
  assert.match(text, /^listener web: cannot listen on 127\.0\.0\.1:80: this user may not use that port \(EACCES\)\. /);
  for (const cure of [
    /port from 1024 on/,
    /AmbientCapabilities=CAP_NET_BIND_SERVICE/,
    /sysctl net\.ipv4\.ip_unprivileged_port_start/,
    /docs\/operations\.md/,
  ])
    assert.match(text, cure);
});
