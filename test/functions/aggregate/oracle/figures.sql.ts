/**
 * Figures in SQL: of each metric, over whatever is in a window or bucket. `content` has the events (part, off, ts) by
 * what identifies it.
 */

/** In the order of events: by their time, of equal times as they came. */
const ORDER = 'ts, source, off';

/** @param content a table with these columns, and part (of a group's bucket: `source`), off and ts of every event */
export function numbers(content: string, columns: string): string {
  return `
with value as (
  select *, lag(num) over one as before, lead(ts) over one as until
  from ${content} join (select part as source, off, metric, num from reading where num is not null)
    using (source, off)
  window one as (partition by ${columns}, metric order by ${ORDER})),
figure as (
  select ${columns}, metric, count(*)::double as count, sum(num) as sum, min(num) as min, max(num) as max,
    first(num order by ${ORDER}) as first, min(ts)::double as "firstTime",
    last(num order by ${ORDER}) as last, max(ts)::double as "lastTime",
    stddev_pop(num) as stddev, count(distinct num)::double as "distinct",
    coalesce(sum(case when before is null then 0 when num < before then num else num - before end), 0) as delta,
    count(*) filter (num < before)::double as resets,
    coalesce(sum(num * (until - ts)), 0) as area, list_sort(list(num)) as sorted
  from value group by ${columns}, metric)
select * exclude (sorted, area), sum / count as mean,
  if("firstTime" = "lastTime", null, delta / (("lastTime" - "firstTime") / 1000)) as rate,
  if("firstTime" = "lastTime", last, area / ("lastTime" - "firstTime")) as "timeWeightedMean",
  sorted[1 + floor(0.01 * (len(sorted) - 1))::int] as p1, sorted[1 + floor(0.5 * (len(sorted) - 1))::int] as p50,
  sorted[1 + floor(0.9 * (len(sorted) - 1))::int] as p90,
  sorted[1 + floor(0.999 * (len(sorted) - 1))::int] as "p99.9"
from figure`;
}

export function texts(content: string, columns: string): string {
  return `
with value as (
  select *, lead(ts) over one as until
  from ${content} join (select part as source, off, metric, txt from reading where txt is not null)
    using (source, off)
  window one as (partition by ${columns}, metric order by ${ORDER})),
lasting as (
  select ${columns}, metric, list({value: txt, ms: ms} order by txt) as duration
  from (select ${columns}, metric, txt, sum(until - ts)::double as ms from value where until is not null
        group by ${columns}, metric, txt)
  group by ${columns}, metric),
figure as (
  select ${columns}, metric, count(*)::double as count, first(txt order by ${ORDER}) as first,
    last(txt order by ${ORDER}) as last, count(distinct txt)::double as "distinct"
  from value group by ${columns}, metric)
select * from figure left join lasting using (${columns}, metric)`;
}
