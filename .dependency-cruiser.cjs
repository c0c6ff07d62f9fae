/*
 * Imports run one way, twice over: between rooms, the folders of src/, in the order of ROOMS; and
 * within them main → app | worker → handlers | tasks → service → repository → domain.
 */

/**
 * The folders of src/, from what knows nothing to what knows all. Each may import those before it
 * and none after it. What composes them (main, api, worker, …) stands above, as src/*.ts; the
 * command line, which starts the service too, above that.
 */
const ROOMS = [
  'base',
  'ids',
  'json',
  'paging',
  'database',
  'openapi',
  'http',
  'sender',
  'retries',
  'config',
  'cache',
  'tracing',
  'access',
  'event-types',
  'matching',
  'queue',
  'subscription-health',
  'subscriptions',
  'accept',
  'sources',
  'alerts',
  'audit',
  'workers',
  'log',
  'attempts',
  'engine',
  'test-send',
  'filter-tests',
  'replays',
  'tenants',
  'metrics',
  'operations',
  'stats',
  'stream',
  'health',
  'test-receiver',
  'retention',
];
const APART = ['cli', 'dashboard', 'guides'];

const DATABASE_LIBRARIES = '^node_modules/(@types/)?(kysely|pg|graphile-worker)/';

const forbidden = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

const inRooms = (rooms) => `^src/(${rooms.join('|')})/`;

const roomsInOrder = ROOMS.map((room, index) =>
  forbidden(
    `${room}-imports-only-below`,
    'Rooms import in one order, which ROOMS names; no two import each other.',
    { path: inRooms([room]) },
    {
      path: [
        ...(index + 1 < ROOMS.length ? [inRooms(ROOMS.slice(index + 1))] : []),
        '^src/cli/',
        '^src/[^/]+\\.ts$',
      ],
    },
  ),
);

module.exports = {
  forbidden: [
    ...roomsInOrder,
    forbidden(
      'rooms-are-named',
      'A new folder of src/ takes its place in ROOMS.',
      {},
      { path: '^src/[^/]+/', pathNot: inRooms([...ROOMS, ...APART]) },
    ),
    forbidden(
      'cli-is-on-top',
      'What composes the service knows no command line.',
      { path: '^src/[^/]+\\.ts$' },
      { path: '^src/cli/' },
    ),
    forbidden('no-cycles', 'A cycle has no order to read it in.', {}, { circular: true }),
    forbidden(
      'no-unresolved',
      'What is imported must exist. The dashboard has its own bundler to say so.',
      { pathNot: '^src/dashboard/' },
      { couldNotResolve: true },
    ),
    forbidden(
      'no-undeclared-packages',
      'What is imported must be in package.json.',
      { path: '^src/' },
      { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    ),
    forbidden(
      'no-dev-packages',
      'What runs in production may not need development packages.',
      { path: '^src/', pathNot: '^src/dashboard/' },
      {
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['type-only'],
        pathNot: '^node_modules/@types/',
      },
    ),
    forbidden(
      'no-tests-in-src',
      'Tests and scripts use src, never the reverse.',
      { path: '^src/' },
      { path: '^(test|scripts)/' },
    ),
    forbidden(
      'edges-without-sql',
      'Handlers and tasks go through a service.',
      { path: '\\.(handlers|task|tasks)\\.ts$' },
      { path: [DATABASE_LIBRARIES, '\\.repository\\.ts$'] },
    ),
    forbidden(
      'nothing-above-handlers',
      'Handlers and tasks are used by main, app, api and worker alone.',
      { path: '^src/[^/]+/' },
      { path: '\\.(handlers|task|tasks)\\.ts$' },
    ),
    forbidden(
      'repositories-are-sql',
      'Repositories know neither services nor what is above them.',
      { path: '\\.repository\\.ts$' },
      { path: '\\.(service|handlers|task|tasks|resource)\\.ts$' },
    ),
    forbidden(
      'services-below-http',
      'Services know no HTTP.',
      { path: '\\.service\\.ts$' },
      { path: ['^src/http/(?!pagination)', '^node_modules/fastify/', '\\.handlers\\.ts$'] },
    ),
    forbidden(
      'sender-without-database',
      'The sender gets what it sends and returns an outcome.',
      { path: '^src/sender/' },
      { path: [DATABASE_LIBRARIES, '^src/database/', '\\.(repository|service)\\.ts$'] },
    ),
    forbidden(
      'features-meet-in-services',
      "Another feature's tables are its own business.",
      { path: '^src/([^/]+)/' },
      { path: '\\.repository\\.ts$', pathNot: '^src/$1/' },
    ),
    forbidden(
      'domain-is-pure',
      'Domain files hold rules and nothing that acts.',
      {
        path: '^src/(subscriptions/subscription|subscriptions/subscription-rules|queue/delivery|retries/[^/]+|matching/[^/]+|ids/[^/]+|accept/json-span|accept/payload)\\.ts$',
      },
      {
        pathNot: [
          '^src/(accept|matching|ids|json|queue|retries|sender|subscriptions)/[^.]+\\.ts$',
          '^src/base/(errors|json-pointer|must|thrown)\\.ts$',
        ],
        dependencyTypesNot: ['core'],
      },
    ),
    forbidden(
      'dashboard-is-a-client',
      'The dashboard uses the public API and nothing else.',
      { path: '^src/dashboard/' },
      { path: '^src/', pathNot: '^src/(dashboard/|openapi/generated\\.ts$)' },
    ),
    forbidden(
      'dashboard-is-not-imported',
      'The service serves what was built, and imports none of it.',
      { path: '^src/', pathNot: '^src/dashboard/' },
      { path: '^src/dashboard/.+\\.tsx?$' },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
    },
  },
};
