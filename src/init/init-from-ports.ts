/** `fairlead init` without a file: looks which servers answer on this machine, and writes a config for them. */
import { isFree, nextCommands, requireValid, schemaLine, writeConfigFile } from './config-output.ts';
import type { OutputOptions } from './config-output.ts';
import { THIS_MACHINE, findServers } from './ports/find-servers.ts';
import type { Found, FoundApplication, Surroundings } from './ports/find-servers.ts';
import { findFreePort } from './ports/free-port.ts';
import { describeServer, writeStarterConfig } from './ports/starter-config.ts';

/** False: nothing was written, and why has been said. */
export async function initFromPorts(options: OutputOptions, machine: Surroundings = THIS_MACHINE): Promise<boolean> {
  const { output, json } = options;
  if (!(await isFree(options))) return false;
  const found = await findServers(machine);
  const port = await findFreePort();
  const text = writeStarterConfig({ ...found, port, schema: await schemaLine(output) });
  requireValid(text);
  if (output !== '-' && !(await writeConfigFile(text, options))) return false;
  if (json) {
    const file = output === '-' ? null : output;
    console.log(JSON.stringify({ file, listener: `127.0.0.1:${port}`, ...found, config: text }, null, 2));
    return true;
  }
  const words = describeFound(found);
  if (output === '-') {
    console.error(words);
    process.stdout.write(text);
  } else console.log(`${words}\n${output} is written: it listens on 127.0.0.1:${port}.\n\n${nextCommands(output)}`);
  return true;
}

function describeFound({ applications, leftOut }: Found): string {
  const servers = applications.flatMap((application) => application.servers);
  const others = leftOut.map(
    (server) => `  localhost:${server.port}  ${describeServer(server)}: ${REASONS[server.reason]}`,
  );
  const leftOutLines = others.length === 0 ? '' : `\nLeft out:\n${others.join('\n')}`;
  if (servers.length === 0) {
    return `No HTTP server ${others.length === 0 ? '' : 'to balance over '}answered on this machine. The config has localhost:3000 as an example: put yours there.${leftOutLines}`;
  }
  const count = servers.length === 1 ? 'one HTTP server' : `${servers.length} HTTP servers`;
  const isOne = applications.length === 1;
  const lines = applications.map((application) => describeApplication(application, isOne));
  return `Found ${count}${isOne ? '' : ` of ${applications.length} applications`}:\n${lines.join('\n')}${leftOutLines}`;
}

const REASONS = { proxy: 'a proxy', failing: 'it fails' } as const;

function describeApplication({ name, servers, healthPath }: FoundApplication, isOne: boolean): string {
  const lines = servers.map((server) => `  localhost:${server.port}  ${describeServer(server)}`);
  const check =
    healthPath === null ? 'No path answered 2xx on all: checked by connection.' : `Checked by ${healthPath}.`;
  return isOne ? [...lines, check].join('\n') : [`${name}, for ${name}.localhost:`, ...lines, `  ${check}`].join('\n');
}
