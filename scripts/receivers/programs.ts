import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where a program runs: a folder of its own, a port, and the file that names what was handled. */
export interface Place {
  folder: string;
  port: number;
  handled: string;
  /** Where `--install` has put what comes from registries. */
  installed: string;
}

/** Whether the handler reads the body. */
export type Mode = 'read' | 'unread';

/** A real receiver: how it is started, and what is known of it. */
export interface Program {
  name: string;
  /** The command and its arguments; undefined where it is not installed. */
  command(place: Place): string[] | undefined;
  path?(mode: Mode, id: string): string;
  /** Fewer where each answer takes seconds to end. */
  tries?: number;
  /** Makes it load its configuration again under traffic. */
  reload?: NodeJS.Signals;
  /** Why a figure of it is not 0, where that is right or beyond our reach. */
  known?: string;
}

const SOURCES = join(import.meta.dirname, 'programs');
/** All that can be set so is, and the pauses lie around it. */
export const IDLE_SECONDS = 2;

const cgiPath = (mode: Mode, id: string): string => `/cgi-bin/hook.cgi?${mode}=${id}`;

export const PROGRAMS: readonly Program[] = [
  { name: 'Node http', command: () => [process.execPath, join(SOURCES, 'node-http.ts')] },
  { name: 'Fastify', command: () => [process.execPath, join(SOURCES, 'fastify.ts')] },
  {
    name: 'express',
    command: ({ installed }) =>
      existsSync(join(installed, 'node_modules/express'))
        ? [process.execPath, join(SOURCES, 'express.mjs')]
        : undefined,
  },
  python('http.server', 'python3', [join(SOURCES, 'plain.py')]),
  inVenv('gunicorn sync', 'gunicorn', ({ port }) => gunicorn(port), 'SIGHUP'),
  inVenv(
    'gunicorn gthread',
    'gunicorn',
    ({ port }) => ['--threads', '8', '--keep-alive', `${IDLE_SECONDS}`, ...gunicorn(port)],
    'SIGHUP',
  ),
  inVenv('uvicorn', 'uvicorn', ({ port }) => [
    `--port=${port}`,
    '--log-level=error',
    `--timeout-keep-alive=${IDLE_SECONDS}`,
    `--app-dir=${SOURCES}`,
    'apps:asgi',
  ]),
  inVenv('Hypercorn', 'hypercorn', ({ port }) => [
    `--bind=127.0.0.1:${port}`,
    `--keep-alive=${IDLE_SECONDS}`,
    '--log-level=ERROR',
    'apps:asgi',
  ]),
  inVenv('waitress', 'waitress-serve', ({ port }) => [
    `--listen=127.0.0.1:${port}`,
    '--threads=8',
    'apps:wsgi',
  ]),
  {
    name: 'Go net/http',
    command({ folder }) {
      if (which('go') === undefined) return undefined;
      const binary = join(folder, 'server');
      execFileSync('go', ['build', '-o', binary, join(SOURCES, 'server.go')]);
      return [binary];
    },
  },
  {
    name: 'JDK',
    command: () =>
      which('javac') === undefined
        ? undefined
        : [
            'java',
            '-XX:TieredStopAtLevel=1',
            `-Dsun.net.httpserver.idleInterval=${IDLE_SECONDS}`,
            join(SOURCES, 'Server.java'),
          ],
  },
  { name: 'nginx', command: nginx, reload: 'SIGHUP' },
  { name: 'HAProxy before Node', command: haproxy },
  {
    name: 'Apache CGI',
    command: apache,
    path: cgiPath,
    reload: 'SIGUSR1',
    known:
      'where a script ends without having read its input, Apache closes the connection without a' +
      ' byte of answer, and curl fails there as well',
  },
  { name: 'lighttpd CGI', command: lighttpd, path: cgiPath },
  {
    name: 'busybox CGI',
    path: cgiPath,
    tries: 2,
    command: (place) =>
      which('busybox') === undefined
        ? undefined
        : ['busybox', 'httpd', '-f', '-p', `127.0.0.1:${place.port}`, '-h', cgiRoot(place)],
  },
  {
    name: 'mini-httpd CGI',
    path: cgiPath,
    known:
      'mini-httpd 1.30 runs the script and answers nothing where head and body come in one packet;' +
      ' curl gets an empty reply as well',
    command: (place) =>
      which('mini_httpd') === undefined
        ? undefined
        : [
            'mini_httpd',
            '-D',
            '-h',
            '127.0.0.1',
            '-p',
            `${place.port}`,
            '-d',
            cgiRoot(place),
          ].concat(['-c', 'cgi-bin/*', '-u', process.env['USER'] ?? 'root']),
  },
];

function which(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin'];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

function python(name: string, binary: string, options: string[]): Program {
  return {
    name,
    command: () => (which(binary) === undefined ? undefined : [binary, ...options]),
  };
}

function inVenv(
  name: string,
  binary: string,
  options: (place: Place) => string[],
  reload?: NodeJS.Signals,
): Program {
  return {
    name,
    command(place) {
      const path = join(place.installed, 'venv/bin', binary);
      return existsSync(path) ? [path, ...options(place)] : undefined;
    },
    ...(reload !== undefined && { reload }),
  };
}

function gunicorn(port: number): string[] {
  return ['--bind', `127.0.0.1:${port}`, '--workers', '2', '--log-level', 'critical', 'apps:wsgi'];
}

/** Its access log names what it has answered; it reads no body. */
function nginx({ folder, port, handled }: Place): string[] | undefined {
  const binary = which('nginx');
  if (binary === undefined) return undefined;
  const text = `daemon off; error_log stderr crit; pid ${folder}/pid;
events { worker_connections 256; }
http { log_format id "$http_webhook_id"; access_log ${handled} id; client_max_body_size 2m;
  keepalive_timeout ${IDLE_SECONDS}; client_body_temp_path ${folder}/body;
  server { listen 127.0.0.1:${port}; location / { return 200 "ok"; } } }`;
  return [binary, '-c', written(folder, 'nginx.conf', text)];
}

/** Cuts idle connections itself, before an application that keeps them. */
function haproxy({ folder, port }: Place): string[] | undefined {
  const binary = which('haproxy');
  if (binary === undefined) return undefined;
  const text = `defaults
  mode http
  timeout connect 2s
  timeout client 20s
  timeout server 20s
  timeout http-keep-alive ${IDLE_SECONDS}s
frontend all
  bind 127.0.0.1:${port}
  default_backend node
backend node
  server one 127.0.0.1:${port + 1}
`;
  const configuration = written(folder, 'haproxy.cfg', text);
  const application = `PORT=${port + 1} '${process.execPath}' '${join(SOURCES, 'node-http.ts')}'`;
  return ['sh', '-c', `${application} & exec ${binary} -q -f ${configuration}`];
}

function apache(place: Place): string[] | undefined {
  const { folder, port } = place;
  const binary = which('apache2');
  if (binary === undefined) return undefined;
  const modules = '/usr/lib/apache2/modules';
  const names = ['mpm_event', 'authz_core', 'alias', 'cgid'];
  const text = `ServerName localhost
Listen 127.0.0.1:${port}
PidFile ${folder}/pid
ErrorLog ${folder}/error.log
KeepAliveTimeout ${IDLE_SECONDS}
${names.map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`).join('\n')}
User www-data
Group www-data
ScriptSock ${folder}/cgid.sock
ScriptAlias /cgi-bin/ ${cgiRoot(place)}/cgi-bin/
<Directory />
  Require all granted
</Directory>
`;
  return [binary, '-D', 'FOREGROUND', '-f', written(folder, 'apache.conf', text)];
}

function lighttpd(place: Place): string[] | undefined {
  const binary = which('lighttpd');
  if (binary === undefined) return undefined;
  const text = `server.modules = ("mod_cgi")
server.document-root = "${cgiRoot(place)}"
server.bind = "127.0.0.1"
server.port = ${place.port}
server.max-keep-alive-idle = ${IDLE_SECONDS}
cgi.assign = (".cgi" => "/bin/sh")
`;
  return [binary, '-D', '-f', written(place.folder, 'lighttpd.conf', text)];
}

/** A folder with the script, which appends to the file without being told by its environment. */
function cgiRoot({ folder, handled }: Place): string {
  const scripts = join(folder, 'cgi-bin');
  mkdirSync(scripts, { recursive: true });
  const text = readFileSync(join(SOURCES, 'hook.cgi'), 'utf8').replace('"HANDLED"', `"${handled}"`);
  chmodSync(written(scripts, 'hook.cgi', text), 0o755);
  return folder;
}

function written(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
