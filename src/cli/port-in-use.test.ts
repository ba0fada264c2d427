import assert from 'node:assert/strict';
import { it } from 'node:test';
import { describeHolder } from './port-in-use.ts';

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
