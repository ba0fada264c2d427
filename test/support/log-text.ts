/** Lines of the access log as the scribe writes them, through a ring as it gets them. */
import type { AccessLogSpec } from '../../src/core/access-log.ts';
import { createFormat } from '../../src/telemetry/format-line.ts';
import { LineReader } from '../../src/telemetry/line-reader.ts';
import { LineText } from '../../src/telemetry/line-text.ts';
import { LineWriter } from '../../src/telemetry/log-line.ts';
import type { LogLine } from '../../src/telemetry/log-line.ts';
import { createLogRing } from '../../src/telemetry/log-ring.ts';

export function logText(spec: AccessLogSpec): (line: LogLine) => string {
  const ring = createLogRing(64 * 1024);
  const [writer, reader, text] = [new LineWriter(ring), new LineReader(ring), new LineText()];
  const format = createFormat(spec);
  return (line) => {
    if (!writer.write(line) || !reader.next()) throw new Error('the ring has no room for this line');
    format(reader, text);
    reader.release();
    return text.take().toString();
  };
}
