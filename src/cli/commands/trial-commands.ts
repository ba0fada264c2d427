/** The commands for trying out: mock server, load, and completion for the shell. */
import { Argument, Option } from 'commander';
import type { Command } from 'commander';
import type { Actions, BackendCommandOptions } from '../actions.ts';
import { SHELLS } from '../completion/shells.ts';
import type { Shell } from '../completion/shells.ts';
import type { LoadOptions } from '../load/load-options.ts';
import {
  countOption,
  durationOption,
  headerOption,
  portOption,
  positiveDurationOption,
  serverNameOption,
  shareOption,
  urlOption,
} from '../option-parsers.ts';
import type { ServerName } from '../option-parsers.ts';
import { jsonOption } from './shared-options.ts';

/** Methods that autocannon can send and whose answers it reads to the end; for HEAD it would wait for a body. */
const METHODS: readonly string[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const MOST_CONNECTIONS = 65_535;
const MOST_REQUESTS = 1e12;

const BACKEND_HELP = `
docs/backend.md lists its paths, and the switches that change it while it runs.

Examples:
  fairlead backend --port 8081 --name s1                    answers with its name
  fairlead backend --port 8082 --name s2 --latency 50ms --error-rate 5%
  fairlead backend --port 8083 --proxy-protocol              shows whose connection it was
  fairlead backend --port 8443 --tls                        HTTPS, with a certificate of its own making
  fairlead backend --port 5432 --name db1 --tcp             for a listener with tcp
  fairlead backend --port 5353 --name dns1 --udp            for a listener with udp

Exit codes: 0 ended by a signal, 2 mistakes in the command line, 69 it cannot listen,
or there is no certificate.`;

const LOAD_HELP = `
Needs autocannon, which it asks for by name when it is missing.

Examples:
  fairlead load http://localhost:8080 -c 64 -d 10s          64 connections for ten seconds
  fairlead load localhost:8080/x -n 1000 -X POST --body @order.json -H "content-type: application/json"
  fairlead load localhost:8080 --by json:server --json      share of each server, for scripts

Exit codes: 0 some request succeeded, 1 every request failed (no answer, or 5xx), 2 mistakes in the
command line, 69 autocannon is not installed.`;

const COMPLETION_HELP = `
Examples:
  fairlead completion bash > ~/.local/share/bash-completion/completions/fairlead
  fairlead completion zsh > "\${fpath[1]}/_fairlead"
  fairlead completion fish > ~/.config/fish/completions/fairlead.fish

Exit codes: 0 printed, 2 a shell it does not know.`;

interface BackendFlags extends Omit<BackendCommandOptions, 'latencyMs' | 'keepAliveMs'> {
  readonly latency: number;
  readonly keepAlive: number;
}

export function addBackend(program: Command, actions: Actions): void {
  const option = (flags: string, words: string, variable: string): Option =>
    new Option(flags, words).env(`FAIRLEAD_BACKEND_${variable}`);
  program
    .command('backend')
    .description('run a mock server that says who it is and echoes requests')
    .addOption(option('--port <port>', '0: a free one', 'PORT').argParser(portOption).default(8081))
    .addOption(option('--host <address>', 'address to listen on, or unix:/path', 'HOST').default('127.0.0.1'))
    .addOption(option('--name <name>', 'stands in every answer', 'NAME').default('backend'))
    .addOption(
      option('--latency <time>', 'wait before every answer', 'LATENCY').argParser(durationOption).default(0, '0'),
    )
    .addOption(option('--error-rate <share>', 'share of 503, e.g. 0.1', 'ERROR_RATE').argParser(shareOption).default(0))
    .addOption(option('--text <text>', 'what / answers, instead of the echo', 'TEXT'))
    .addOption(
      option('--keep-alive <time>', 'how long an idle connection is kept; 0: not at all', 'KEEP_ALIVE')
        .argParser(durationOption)
        .default(5000, '5s'),
    )
    .addOption(
      option('--proxy-protocol', 'connections begin with a PROXY header, which the echo shows', 'PROXY_PROTOCOL'),
    )
    .addOption(option('--tls', 'HTTPS, with a certificate that is made at the start', 'TLS'))
    .addOption(option('--cert <file>', 'HTTPS, with the chain in this file', 'CERT').implies({ tls: true }))
    .addOption(option('--key <file>', 'the key of --cert, unless it is in the same file', 'KEY'))
    .addOption(option('--tcp', 'below HTTP: a line with its name, then what it hears is sent back', 'TCP'))
    .addOption(
      option('--udp', 'the same with datagrams: a line with its name and what it heard', 'UDP').conflicts([
        'tcp',
        'tls',
      ]),
    )
    .addHelpText('after', BACKEND_HELP)
    .action(({ latency, keepAlive, ...rest }: BackendFlags) =>
      actions.backend({ ...rest, latencyMs: latency, keepAliveMs: keepAlive }),
    );
}

interface LoadFlags {
  readonly connections: number;
  readonly duration: number;
  readonly requests?: number;
  readonly rate?: number;
  readonly pipelining: number;
  readonly timeout: number;
  readonly method?: string;
  readonly header?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly by: ServerName;
  readonly json?: boolean;
}

export function addLoad(program: Command, actions: Actions): void {
  program
    .command('load')
    .description('send requests, and show latencies, errors and the share of each server')
    .addArgument(new Argument('<url>', 'where to').argParser(urlOption))
    .addOption(countedOption('-c, --connections <n>', 'kept open at once', 1, MOST_CONNECTIONS).default(10))
    .addOption(new Option('-d, --duration <time>', 'how long').argParser(positiveDurationOption).default(10_000, '10s'))
    .addOption(countedOption('-n, --requests <n>', 'as many, however long', 1, MOST_REQUESTS).conflicts('duration'))
    .addOption(countedOption('--rate <n>', 'requests a second in all, at most', 1, MOST_REQUESTS))
    .addOption(countedOption('--pipelining <n>', 'requests in flight on a connection', 1, 1000).default(1))
    .addOption(
      new Option('--timeout <time>', 'longest wait for an answer')
        .argParser(positiveDurationOption)
        .default(10_000, '10s'),
    )
    .addOption(new Option('-X, --method <method>', 'GET unless there is a body, POST then').choices(METHODS))
    .addOption(new Option('-H, --header <line>', 'name: value; several times for several').argParser(headerOption))
    .option('--body <text>', 'what to send; @file for the content of a file')
    .addOption(
      new Option('--by <place>', 'what names the server in an answer: header:NAME or json:NAME')
        .argParser(serverNameOption)
        .default(serverNameOption('header:x-backend'), 'header:x-backend'),
    )
    .addOption(jsonOption())
    .addHelpText('after', LOAD_HELP)
    .action((url: string, flags: LoadFlags) => actions.load(toLoadOptions(url, flags)));
}

function countedOption(flags: string, words: string, least: number, most: number): Option {
  return new Option(flags, words).argParser(countOption(least, most));
}

function toLoadOptions(
  url: string,
  { duration, timeout, requests, rate, header, json, ...rest }: LoadFlags,
): LoadOptions {
  return {
    ...rest,
    url,
    durationMs: duration,
    timeoutMs: timeout,
    requests: requests ?? null,
    rate: rate ?? null,
    headers: header ?? {},
    json: json ?? false,
  };
}

export function addCompletion(program: Command, actions: Actions): void {
  program
    .command('completion')
    .description('print a script that completes commands and options in a shell')
    .addArgument(new Argument('<shell>', 'which one').choices(SHELLS))
    .addHelpText('after', COMPLETION_HELP)
    .action((shell: Shell) => actions.completion(shell, program));
}
