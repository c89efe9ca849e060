/**
 * Windows in SQL, from events that were accepted. Nothing here goes through the stream record by record: clocks are
 * running maxima, and what has closed is found by comparing.
 *
 * Of every tick and event, `reach` is where the clock of its device or group stands by it; a window is complete when
 * `reach` gets to its end, and closed when it gets to its end plus the lateness.
 */

export const TABLES = `
  create table setting (max_ahead bigint, max_behind bigint, zone varchar, sunday boolean);
  create table definition (name varchar, slot integer, groups varchar, shape varchar, size bigint, every bigint,
    gap bigint, n integer, lateness bigint, types varchar, rollups boolean);
  create table record (part integer, off integer, kind varchar, arrival bigint, device varchar, type varchar,
    site varchar, ts bigint, again boolean, seq bigint, count integer, ancient boolean);
  create table reading (part integer, off integer, metric varchar, num double, txt varchar);
  create table taken (definition varchar, key varchar, part integer, off integer, ts bigint, late boolean,
    corrects boolean);
  create table session (definition varchar, key varchar, part integer, start bigint, closed boolean,
    revision integer);

  create macro escaped(tag) as replace(replace(replace(tag, '%', '%25'), ',', '%2C'), '=', '%3D');
  create macro group_key(groups, device, site, type) as case groups
    when 'device' then device
    when 'site,type' then 'site=' || escaped(site) || ',type=' || type
    when 'type' then 'type=' || type
    when '' then '' end;
`;

/** Every table, in the order in which they are made. @returns [name, its query] */
export const STEPS: readonly (readonly [string, string])[] = [
  // The events of every definition's series. Whose clock it is: a device has one for all definitions.
  [
    'member',
    `select d.name as definition, d.slot, if(d.groups = 'device', '', d.name) as scope,
       group_key(d.groups, device, site, type) as key, part, off, ts, arrival
     from record, definition d where again = false and (d.types is null or d.types = type)`,
  ],
  // A device's events move its clock, whichever definitions they are for.
  [
    'clock',
    `with moving as (
       select distinct scope, key, part, off, arrival, least(ts, arrival + max_ahead) as bounded
       from (select scope, key, part, off, ts, arrival from member
             union all select '', device, part, off, ts, arrival from record where again = false), setting),
     marked as (
       select *, max(bounded) over (partition by scope, key, part order by off
           rows between unbounded preceding and 1 preceding) as mark_before,
         max(bounded) over (partition by scope, key, part order by off) as mark
       from moving)
     select * exclude (arrival), last_value(if(mark_before is null or bounded > mark_before, arrival, null) ignore nulls)
         over (partition by scope, key, part order by off) as mark_arrival
     from marked`,
  ],
  [
    'moment',
    `select scope, key, part, off, mark as reach, false as by_tick from clock
     union all
     select o.scope, o.key, o.part, o.off, c.mark + (o.arrival - c.mark_arrival), true
     from (select distinct c.scope, c.key, c.part, t.off, t.arrival
           from clock c join record t on t.kind = 'tick' and t.part = c.part) o
     asof join clock c on c.scope = o.scope and c.key = o.key and c.part = o.part and c.off < o.off`,
  ],
  // The windows that events would be in.
  [
    'candidate',
    `select m.*, start, start + d.size as stop, d.lateness
     from member m join definition d on d.name = m.definition,
       unnest(range((ts // every) * every - size + every, (ts // every) * every + every, every)) as w(start)
     where d.shape in ('tumbling', 'hopping')`,
  ],
  // Up to where ticks have closed windows. What was late is among the windows; it changes nothing, as all up to there
  // had closed before.
  [
    'ticked',
    `select definition, c.key, c.part, t.off, max(stop) as up_to
     from candidate c join moment t on t.by_tick and t.scope = c.scope and t.key = c.key and t.part = c.part
       and c.off < t.off and stop + lateness <= reach
     group by all`,
  ],
  [
    'verdict',
    `select c.*, coalesce(stop + lateness <= mark_before, false) or exists (
         select 1 from ticked t where t.definition = c.definition and t.key = c.key and t.part = c.part
           and t.off < c.off and stop <= up_to) as late
     from candidate c join clock k using (scope, key, part, off)`,
  ],
  [
    'bounds',
    `select definition, any_value(slot) as slot, scope, key, part, start, stop, any_value(lateness) as lateness,
       min(off) as opened
     from verdict where not late group by all`,
  ],
  [
    'due',
    `select b.*, min(m.off) filter (reach >= stop) as completed, bool_or(reach >= stop + b.lateness) as closed
     from bounds b join moment m on m.scope = b.scope and m.key = b.key and m.part = b.part and m.off >= opened
     group by all`,
  ],
  // Gaps and islands.
  [
    'island',
    `with spaced as (
       select t.*, gap, lag(ts) over (partition by definition, key, part order by ts, off) as before
       from taken t join definition d on d.name = t.definition where not late),
     numbered as (
       select *, sum(if(before is null or ts - before >= gap, 1, 0))
         over (partition by definition, key, part order by ts, off) as number
       from spaced)
     select *, min(ts) over (partition by definition, key, part, number) as start,
       max(ts) over (partition by definition, key, part, number) + gap as stop
     from numbered`,
  ],
  [
    'recent',
    `with ranked as (
       select m.*, n, row_number() over (partition by definition, key, part order by ts desc, m.off desc) as rank,
         (select count(*) from member f where f.definition = m.definition and f.key = m.key and f.part = m.part
            and f.off < m.off and f.ts > m.ts) as later
       from member m join definition d on d.name = m.definition where d.shape = 'last')
     select *, count(*) filter (later < n) over (partition by definition, key, part) as revision,
       max(ts) over (partition by definition, key, part) + 1 as stop
     from ranked`,
  ],
  // What is in which window.
  [
    'content',
    `select definition, key, part, start, stop, off, ts from verdict where not late
     union all select definition, key, part, start, stop, off, ts from island
     union all select definition, key, part, 0, stop, off, ts from recent where rank <= n`,
  ],
  [
    'win',
    `with counted as (
       select definition, key, part, start, stop, count(*) as events from content group by all),
     stated as (
       select definition, key, part, start, closed,
         if(completed is null, 0, 1 + (select count(*) from verdict v where not late and v.definition = d.definition
            and v.key = d.key and v.part = d.part and v.start = d.start and v.off > completed)) as revision
       from due d
       union all from session
       union all select distinct definition, key, part, 0, false, revision from recent)
     select c.*, closed, revision, if(shape in ('tumbling', 'hopping'), size, 0) as size
     from counted c left join stated s using (definition, key, part, start)
       join definition on name = definition`,
  ],
  [
    'missed',
    `select definition, slot, v.part, v.off, min(start) as start from verdict v where late group by all
     union all select definition, slot, part, off, ts from taken join definition on name = definition where late`,
  ],
  [
    'correction',
    `select v.part, v.off from verdict v join due d using (definition, key, part, start)
     where not late and v.off > completed
     union select part, off from taken where corrects`,
  ],
];

export const WINDOWS = `select definition, key, part, start::double as start, stop::double as "end",
  size::double as size, events::double as events, closed, revision::double as revision from win`;

export const LATE = `select part, off, arg_min(start, slot)::double as "windowStart",
  list(definition order by slot) as definitions from missed group by all order by part, off`;

export const TALLY = `select part, count(*)::double as "nextOffset",
  count(*) filter (kind = 'refused')::double as refused, count(*) filter (kind = 'tick')::double as ticks,
  count(*) filter (again)::double as duplicate, count(*) filter (lost)::double as late,
  count(*) filter (again = false and not lost)::double as aggregated,
  count(*) filter (again = false and ts - arrival > max_ahead)::double as ahead,
  count(*) filter (again = false and arrival - ts > max_behind)::double as behind,
  count(*) filter (corrects)::double as corrections
from (select *, (part, off) in (select (part, off) from missed) as lost,
  (part, off) in (select (part, off) from correction) as corrects from record), setting
group by part order by part`;

/** Gaps of the numbers, per device: of each of its counts, from the lowest to the highest. */
export const GAPS = `
with numbers as (
  select *, max(count) over (partition by device) = count as latest,
    max(seq) over (partition by device, count) as top
  from record where kind = 'event' and again = false and seq is not null),
counts as (
  select device, latest, max(top) as top, min(seq) as base, count(*) as received,
    count(*) filter (seq <= top - 256) as old
  from numbers group by device, count, latest)
select device, sum(received)::double as received,
  sum(if(latest, greatest(0, top - 255 - base) - old, top - base + 1 - received))::double as lost,
  sum(if(latest, least(256, top - base + 1) - (received - old), 0))::double as missing,
  count(*) - 1.0 as restarts
from counts
where device not in (select device from record where ancient) group by device`;
