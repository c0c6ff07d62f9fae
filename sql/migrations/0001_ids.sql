-- Why: what every other file needs: ids that carry their time, and the numbers of our advisory
-- locks.
-- Locks: nothing that exists.

-- Advisory locks are shared by everything that uses the database, so each of ours is a pair of
-- numbers: hashtext('posthorn') with the name of what only one session may do, or
-- hashtext('posthorn.<kind>') with one of many. No two kinds can collide.

-- UUIDv7 (RFC 9562): 48 bits of Unix milliseconds, the version, 12 bits that order ids within a
-- millisecond (method 3, its fraction), 62 random bits. Tables are partitioned and paged on these
-- ids, so an id *is* a time.
create function posthorn.uuid_v7(at timestamptz default clock_timestamp()) returns uuid
language sql volatile parallel safe as $$
  select (
    lpad(to_hex(floor(extract(epoch from at) * 1000)::bigint), 12, '0')
    || '7' || lpad(to_hex(floor(mod(extract(epoch from at) * 1000, 1) * 4096)::integer), 3, '0')
    || substr(replace(gen_random_uuid()::text, '-', ''), 17)
  )::uuid
$$;

-- A new id at the same place in time as another. Deliveries are siblings of their
-- event: they keep its order, live and expire with it, and are found from it
-- through the primary key.
create function posthorn.uuid_sibling(id uuid) returns uuid
language sql volatile parallel safe as $$
  select (substr(id::text, 1, 18) || substr(gen_random_uuid()::text, 19))::uuid
$$;

-- The first and the last possible id among an id's siblings.
create function posthorn.uuid_first_sibling(id uuid) returns uuid
language sql immutable parallel safe as $$
  select (substr(id::text, 1, 18) || '-0000-000000000000')::uuid
$$;

create function posthorn.uuid_last_sibling(id uuid) returns uuid
language sql immutable parallel safe as $$
  select (substr(id::text, 1, 18) || '-ffff-ffffffffffff')::uuid
$$;

-- The moment of an id, to the millisecond.
create function posthorn.uuid_moment(id uuid) returns timestamptz
language sql immutable parallel safe as $$
  select to_timestamp(
    ('x' || lpad(replace(substr(id::text, 1, 13), '-', ''), 16, '0'))::bit(64)::bigint / 1000.0)
$$;

-- The smallest id of a moment: a bound for partitions and for filters by time.
create function posthorn.uuid_floor(at timestamptz) returns uuid
language sql immutable parallel safe as $$
  select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;
