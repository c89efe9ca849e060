/**
 * Rollups in SQL: straight from the events that tumbling windows took, whatever the levels in between. The calendar is
 * that of DuckDB's ICU, which has its own time zones.
 */
export const CALENDAR = `
  create macro wall(ms, zone) as timezone(zone, make_timestamptz(ms * 1000));
  -- The first instant that shows the date: midnight may come twice, or not at all.
  create macro day_start(date, zone) as (
    select min(ms) from (select epoch_ms(timezone(zone, date::timestamp)) - shift as ms
                         from (values (0), (1800000), (3600000)) s(shift))
    where wall(ms, zone)::date = date);
`;

/** The events that buckets are made of. */
const EVENTS = `select definition, key, part as source, off, ts
  from verdict v join definition d on d.name = v.definition where not late and d.rollups`;

/** From `event`, by the zone and week of `setting`. */
export const BUCKETS: readonly (readonly [string, string])[] = [
  [
    'accepted',
    `select event.*, wall(ts, zone)::date as date,
       date_trunc('week', wall(ts, zone) + if(sunday, interval 1 day, interval 0 day))::date - if(sunday, 1, 0) as week
     from event, setting`,
  ],
  [
    'dates',
    `select date, day_start(date, zone) as start
     from (select distinct unnest([date, date + 1, week, week + 7])::date as date from accepted), setting`,
  ],
  [
    'bucketed',
    `select definition, key, period, ts // length * length as start, ts // length * length + length as stop, source,
       off, ts
     from accepted, (values ('1m', 60000), ('1h', 3600000), ('1d', 86400000)) p(period, length)
     union all
     select definition, key, 'day', d.start, e.start, source, off, ts
     from accepted a join dates d on d.date = a.date join dates e on e.date = a.date + 1
     union all
     select definition, key, 'week', d.start, e.start, source, off, ts
     from accepted a join dates d on d.date = week join dates e on e.date = week + 7`,
  ],
];

export const STEPS = [['event', EVENTS], ...BUCKETS] as const;

export const ROLLUPS = `select definition, key, period, start::double as start, stop::double as "end",
  count(*)::double as events from bucketed group by all`;
