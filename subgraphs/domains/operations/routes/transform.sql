with route as (
  select
    origin_iata,
    destination_iata,
    count(*) as flights,
    avg(delay) as mean_delay_minutes,
    percentile_cont(0.95) within group (order by delay) as p95_delay_minutes,
    avg((delay <= 15)::int) as on_time_share,
    mode() within group (order by distance) as distance_miles
  from flights
  group by origin_iata, destination_iata
)
select
  route.*,
  -- Haversine, on a sphere of the Earth's mean radius, 3,958.8 miles.
  2 * 3958.8 * asin(sqrt(
    sind((destination.latitude - origin.latitude) / 2) ^ 2
    + cosd(origin.latitude) * cosd(destination.latitude) * sind((destination.longitude - origin.longitude) / 2) ^ 2
  )) as great_circle_miles
from route
left join airports as origin on origin.iata = origin_iata
left join airports as destination on destination.iata = destination_iata
