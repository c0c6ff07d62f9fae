/*
 * Imports run one way: main → app | worker → handlers | tasks → service → repository | queue |
 * sender → domain.
 */

/** Files of a feature that are neither handlers, tasks, services, repositories nor resources. */
const DATABASE_LIBRARIES = '^node_modules/(@types/)?(kysely|pg|graphile-worker)/';

const forbidden = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

module.exports = {
  forbidden: [
    forbidden('no-cycles', 'A cycle has no order to read it in.', {}, { circular: true }),
    forbidden(
      'no-unresolved', 'What is imported must exist. The dashboard has its own bundler to say so.',
      { pathNot: '^src/dashboard/' }, { couldNotResolve: true },
    ),
    forbidden(
      'no-undeclared-packages', 'What is imported must be in package.json.',
      { path: '^src/' }, { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    ),
    forbidden(
      'no-dev-packages', 'What runs in production may not need development packages.',
      { path: '^src/', pathNot: '^src/dashboard/' },
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: '^node_modules/@types/' },
    ),
    forbidden(
      'no-tests-in-src', 'Tests and scripts use src, never the reverse.',
      { path: '^src/' }, { path: '^(test|scripts)/' },
    ),
    forbidden(
      'edges-without-sql', 'Handlers and tasks go through a service.',
      { path: '\\.(handlers|task|tasks)\\.ts$' },
      { path: [DATABASE_LIBRARIES, '\\.repository\\.ts$'] },
    ),
    forbidden(
      'nothing-above-handlers', 'Handlers and tasks are used by main, app, api and worker alone.',
      { path: '^src/[^/]+/', pathNot: '^src/(http/handlers\\.ts|queue/)' },
      { path: '\\.(handlers|task|tasks)\\.ts$' },
    ),
    forbidden(
      'repositories-are-sql', 'Repositories know neither services nor what is above them.',
      { path: '\\.repository\\.ts$' },
      { path: '\\.(service|handlers|task|tasks|resource)\\.ts$' },
    ),
    forbidden(
      'services-below-http', 'Services know no HTTP.',
      { path: '\\.service\\.ts$' },
      { path: ['^src/http/(?!pagination)', '^node_modules/fastify/', '\\.handlers\\.ts$'] },
    ),
    forbidden(
      'sender-without-database', 'The sender gets what it sends and returns an outcome.',
      { path: '^src/sender/' },
      { path: [DATABASE_LIBRARIES, '^src/database/', '\\.(repository|service)\\.ts$'] },
    ),
    forbidden(
      'features-meet-in-services', 'Another feature\'s tables are its own business.',
      { path: '^src/([^/]+)/' },
      { path: '\\.repository\\.ts$', pathNot: '^src/$1/' },
    ),
    forbidden(
      'domain-is-pure', 'Domain files hold rules and nothing that acts.',
      { path: '^src/(subscriptions/subscription|subscriptions/subscription-rules|deliveries/delivery|deliveries/retry-schedule|filters/filter[a-z-]*|events/event-id|events/json-span|events/payload)\\.ts$' },
      { pathNot: ['^src/(subscriptions|deliveries|events|filters|json|sender)/[^.]+\\.ts$', '^src/errors\\.ts$'], dependencyTypesNot: ['core'] },
    ),
    forbidden(
      'dashboard-is-a-client', 'The dashboard uses the public API and nothing else.',
      { path: '^src/dashboard/' },
      { path: '^src/', pathNot: '^src/(dashboard/|openapi/generated\\.ts$)' },
    ),
    forbidden(
      'dashboard-is-not-imported', 'The service serves what was built, and imports none of it.',
      { path: '^src/', pathNot: '^src/dashboard/' }, { path: '^src/dashboard/.+\\.tsx?$' },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types', 'default'] },
  },
};
