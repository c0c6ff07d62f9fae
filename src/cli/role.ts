import type { Run } from './command.ts';

/** Runs one of main's roles, which reads its name from the command line and then runs on its own. */
export function runRole(name: string): Run {
  return async () => {
    process.argv.splice(2, Number.POSITIVE_INFINITY, name);
    await import('../main.ts');
  };
}
