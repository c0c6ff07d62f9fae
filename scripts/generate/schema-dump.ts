import type pg from 'pg';

/*
 * The schema as the migrations leave it, for reading and for review: one can see in a diff what a
 * migration really changes. Not meant to be run. Partitions are left out, since they follow the
 * clock.
 */

const COLUMNS = `
  select c.oid as relation, string_agg(
    '  ' || quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
      || case when a.attgenerated = 's' then ' generated always as ('
        || pg_get_expr(d.adbin, d.adrelid) || ') stored' else '' end
      || case when a.attgenerated = '' and d.adbin is not null
        then ' default ' || pg_get_expr(d.adbin, d.adrelid) else '' end
      || case when a.attnotnull then ' not null' else '' end,
    e',\\n' order by a.attnum) as lines
  from pg_class as c
  join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  left join pg_attrdef as d on d.adrelid = c.oid and d.adnum = a.attnum
  group by c.oid`;

const CONSTRAINTS = `
  select conrelid as relation, string_agg(
    e',\\n  constraint ' || quote_ident(conname) || ' ' || pg_get_constraintdef(oid, true),
    '' order by contype = 'c', conname) as lines
  from pg_constraint
  where contype in ('p', 'u', 'f', 'c', 'x')
  group by conrelid`;

const TABLES = `
  select 'create table ' || c.oid::regclass || e' (\\n' || columns.lines
    || coalesce(constraints.lines, '') || e'\\n)'
    || case when c.relkind = 'p' then ' partition by ' || pg_get_partkeydef(c.oid) else '' end
    || coalesce(' with (' || array_to_string(c.reloptions, ', ') || ')', '') as text
  from pg_class as c
  join (${COLUMNS}) as columns on columns.relation = c.oid
  left join (${CONSTRAINTS}) as constraints on constraints.relation = c.oid
  where c.relnamespace = 'posthorn'::regnamespace
    and c.relkind in ('r', 'p') and not c.relispartition
  order by c.relname`;

const INDEXES = `
  select pg_get_indexdef(i.indexrelid) as text
  from pg_index as i
  join pg_class as c on c.oid = i.indexrelid
  join pg_class as r on r.oid = i.indrelid
  where r.relnamespace = 'posthorn'::regnamespace and not r.relispartition
    and not exists (select from pg_constraint where conindid = i.indexrelid)
  order by r.relname, c.relname`;

const VIEWS = `
  select 'create view ' || oid::regclass || e' as\\n'
    || rtrim(pg_get_viewdef(oid, true), ';') as text
  from pg_class
  where relnamespace = 'posthorn'::regnamespace and relkind = 'v'
  order by relname`;

const TYPES = `
  select 'create type ' || c.oid::regclass || e' as (\\n' || columns.lines || e'\\n)' as text
  from pg_class as c
  join (${COLUMNS}) as columns on columns.relation = c.oid
  where c.relnamespace = 'posthorn'::regnamespace and c.relkind = 'c'
  order by c.relname`;

const FUNCTIONS = `
  select rtrim(pg_get_functiondef(oid)) as text
  from pg_proc
  where pronamespace = 'posthorn'::regnamespace and prokind in ('f', 'p')
  order by proname, pg_get_function_identity_arguments(oid)`;

const TRIGGERS = `
  select pg_get_triggerdef(t.oid) as text
  from pg_trigger as t
  join pg_class as c on c.oid = t.tgrelid
  where c.relnamespace = 'posthorn'::regnamespace and not t.tgisinternal and not c.relispartition
  order by c.relname, t.tgname`;

const SEQUENCES = `
  select 'create sequence ' || oid::regclass as text
  from pg_class
  where relnamespace = 'posthorn'::regnamespace and relkind = 'S'
  order by relname`;

/** The same text for the same migrations, on any machine with the same Postgres. */
export async function dumpSchema(client: pg.Client): Promise<string> {
  // Without a search path every name comes out qualified.
  await client.query("set search_path = ''; set timezone = 'UTC'");
  const statements: string[] = [];
  for (const query of [TYPES, SEQUENCES, TABLES, INDEXES, VIEWS, FUNCTIONS, TRIGGERS]) {
    const { rows } = await client.query<{ text: string }>(query);
    statements.push(...rows.map(({ text }) => `${text};`));
  }
  const head = '-- Written by `npm run generate` from sql/migrations. To be read, not run.';
  return `${[head, ...statements].join('\n\n')}\n`;
}
